package rig

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sleep lets time pass; less if ctx ends, of which it returns the cause.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Eventually polls until a condition holds, whatever errors are met until then. Its own error
// holds the last of them, and why it was not waited for any longer.
func Eventually(ctx context.Context, what string, within time.Duration, holds func(context.Context) (bool, error)) error {
	late := fmt.Errorf("not within %v: %w", within, context.DeadlineExceeded)
	ctx, cancel := context.WithTimeoutCause(ctx, within, late)
	defer cancel()
	for {
		held, err := holds(ctx)
		if held {
			return nil
		}
		if over := Sleep(ctx, 20*time.Millisecond); over != nil {
			return fmt.Errorf("%s: %w", what, errors.Join(over, err))
		}
	}
}
