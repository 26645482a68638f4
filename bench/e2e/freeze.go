package main

import (
	"context"
	"errors"
	"time"

	"turnkey-gateway/bench/rig"
)

// freeze stops a process and its children where they are, for as long as lasts or until ctx
// ends, and lets them go on. It is an error if they were not stopped.
func freeze(ctx context.Context, pid int, lasts time.Duration) error {
	thaw, err := rig.Freeze(ctx, pid)
	if err != nil {
		return err
	}
	return errors.Join(rig.Sleep(ctx, lasts), thaw())
}
