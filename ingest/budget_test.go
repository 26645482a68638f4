package ingest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestBudgetLetsTheLargestPassAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(100)
		small, err := b.reserve(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		large := make(chan func(), 1)
		go func() {
			release, err := b.reserve(t.Context(), 1000)
			if err != nil {
				t.Error(err)
			}
			large <- release
		}()
		synctest.Wait()
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
	})
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

// Large responses wait for each other, and small ones for none of them.
func TestLargeResponsesHoldUpNoSmallOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{Group: "g"}.withDefaults()
		m := newMemory(cfg)
		if _, err := m.response(t.Context(), cfg.InflightBytes); err != nil { // passes alone, of its kind
			t.Fatal(err)
		}
		waits, cancel := context.WithCancel(t.Context())
		second := make(chan error, 1)
		go func() {
			_, err := m.response(waits, 5<<20)
			second <- err
		}()
		synctest.Wait()
		for range 2 * 16 { // read ahead, on sixteen partitions
			release, err := m.response(t.Context(), int64(cfg.FetchBytes))
			if err != nil {
				t.Fatal(err)
			}
			defer release()
		}
		if n := m.used(); n > cfg.InflightBytes {
			t.Errorf("%d bytes count as used, %d are allowed", n, cfg.InflightBytes)
		}
		cancel()
		if err := <-second; !errors.Is(err, context.Canceled) {
			t.Errorf("the second large one: %v, want it to wait", err)
		}
	})
}
