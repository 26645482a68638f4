package rig

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestEventually(t *testing.T) {
	away, failed := errors.New("brokers are away"), errors.New("the traffic failed")
	t.Run("an error that passes", func(t *testing.T) {
		tries := 0
		err := Eventually(t.Context(), "there", time.Minute, func(context.Context) (bool, error) {
			tries++
			return tries == 3, away
		})
		if err != nil || tries != 3 {
			t.Errorf("%d tries, err %v", tries, err)
		}
	})
	t.Run("an error that stays", func(t *testing.T) {
		err := Eventually(t.Context(), "there", time.Millisecond, func(context.Context) (bool, error) { return false, away })
		if !errors.Is(err, away) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v: want the last error that was met, and that time was up", err)
		}
	})
	t.Run("no need to wait longer", func(t *testing.T) {
		ctx, give := context.WithCancelCause(t.Context())
		err := Eventually(ctx, "there", time.Minute, func(context.Context) (bool, error) { give(failed); return false, nil })
		if !errors.Is(err, failed) {
			t.Errorf("%v: want why", err)
		}
	})
}
