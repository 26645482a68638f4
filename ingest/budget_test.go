package ingest

import (
	"context"
	"errors"
	"testing"
)

func TestBudgetLetsTheLargestPassAlone(t *testing.T) {
	b := newBudget(100)
	small, err := b.reserve(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	large := make(chan func())
	go func() {
		release, err := b.reserve(t.Context(), 1000)
		if err != nil {
			t.Error(err)
		}
		large <- release
	}()
	select {
	case <-large:
		t.Fatal("there was room for 1000 of 100 beside 10")
	default:
	}
	small()
	small() // changes nothing
	release := <-large
	if b.used.Load() != 100 {
		t.Errorf("used %d, want all 100", b.used.Load())
	}
	release()
	if b.used.Load() != 0 {
		t.Errorf("used %d after everything was given back", b.used.Load())
	}
}

func TestBudgetWaitEndsWithItsContext(t *testing.T) {
	b := newBudget(1)
	if _, err := b.reserve(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.reserve(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
