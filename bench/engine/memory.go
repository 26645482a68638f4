package main

import (
	"runtime"
	"runtime/debug"
)

// allocations returns how many and how many bytes work allocates, once it is warm.
func allocations(work func() error) (count, bytes float64, err error) {
	const times = 100
	count, bytes, err = allocated(work, times, times)
	return count / times, bytes / times, err
}

// allocated counts what work allocates in so many times, after some unmeasured, while
// nothing is collected: all that could be taken at once, outgrown buffers among it.
func allocated(work func() error, before, times int) (count, bytes float64, err error) {
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var begun, ended runtime.MemStats
	for i := range before + times {
		if i == before {
			runtime.ReadMemStats(&begun)
		}
		if err := work(); err != nil {
			return 0, 0, err
		}
	}
	runtime.ReadMemStats(&ended)
	return float64(ended.Mallocs - begun.Mallocs), float64(ended.TotalAlloc - begun.TotalAlloc), nil
}
