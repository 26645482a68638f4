package main

import (
	"context"
	"errors"
	"testing"
)

func TestBesideEndsWithEither(t *testing.T) {
	failed := errors.New("brokers are away")
	untilEnd := func(ctx context.Context) error { <-ctx.Done(); return nil }
	var cause error
	err := beside(t.Context(),
		func(context.Context) error { return failed },
		func(ctx context.Context) error { <-ctx.Done(); cause = context.Cause(ctx); return cause })
	if !errors.Is(err, failed) || !errors.Is(cause, failed) {
		t.Errorf("traffic that fails: %v, body's end %v", err, cause)
	}
	if err := beside(t.Context(), untilEnd, func(context.Context) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("a body that fails: %v", err)
	}
	if err := beside(t.Context(), untilEnd, func(context.Context) error { return nil }); err != nil {
		t.Errorf("both well: %v", err)
	}
}
