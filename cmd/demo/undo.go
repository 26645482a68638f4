package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// undo is what the demo must end or remove, in the order in which it was made. It is safe
// for concurrent use, since parts start side by side.
type undo struct {
	mu    sync.Mutex
	steps []undoStep
}

type undoStep struct {
	what string
	do   func(context.Context) error
}

// add notes a step; what names it in an error.
func (u *undo) add(what string, do func(context.Context) error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.steps = append(u.steps, undoStep{what, do})
}

// run takes every step, the last first, whatever becomes of the others.
func (u *undo) run(ctx context.Context) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	var errs []error
	for i := len(u.steps) - 1; i >= 0; i-- {
		if err := u.steps[i].do(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", u.steps[i].what, err))
		}
	}
	u.steps = nil
	return errors.Join(errs...)
}
