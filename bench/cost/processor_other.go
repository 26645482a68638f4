//go:build !linux

package cost

import (
	"errors"
	"time"
)

var errProcessorTime = errors.New("processor time is read on Linux only")

// Of returns an error: only Linux tells.
func Of(int) (time.Duration, error) { return 0, errProcessorTime }

// Own returns an error: only Linux tells.
func Own() (time.Duration, error) { return 0, errProcessorTime }

// Machine returns an error: only Linux tells.
func Machine() (time.Duration, error) { return 0, errProcessorTime }
