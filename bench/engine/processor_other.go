//go:build !linux

package main

import (
	"errors"
	"time"
)

var errProcessorTime = errors.New("processor time is read on Linux only")

func processorTime(int) (time.Duration, error) { return 0, errProcessorTime }

func ownTime() (time.Duration, error) { return 0, errProcessorTime }
