package main

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// A scaling is how much more is verified on two cores than on one, in the same time on
// the wall.
type scaling struct {
	what     string
	one, two float64 // verifications per second, medians
	ratio    float64 // median of the rounds' ratios
}

// measureCores lets one goroutine, then two, verify for a slice of time, in turn.
func measureCores(what string, work func() error, rounds int, slice time.Duration) (scaling, error) {
	s := scaling{what: what}
	var ones, twos, ratios []float64
	for range rounds {
		one, err := throughput(1, work, slice)
		if err != nil {
			return s, err
		}
		two, err := throughput(2, work, slice)
		if err != nil {
			return s, err
		}
		ones, twos, ratios = append(ones, one), append(twos, two), append(ratios, two/one)
	}
	s.one, s.two, s.ratio = middle(ones), middle(twos), middle(ratios)
	return s, nil
}

// throughput is how often work is done in a second by so many goroutines on as many
// cores.
func throughput(cores int, work func() error, slice time.Duration) (float64, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
	runtime.GC()
	counts := make([]int, cores)
	errs := make([]error, cores)
	begun := time.Now()
	var all sync.WaitGroup
	for i := range cores {
		all.Go(func() {
			n := 0 // counts share a cache line
			for time.Since(begun) < slice && errs[i] == nil {
				errs[i] = work()
				n++
			}
			counts[i] = n
		})
	}
	all.Wait()
	took := time.Since(begun).Seconds()
	total := 0
	for i := range cores {
		if errs[i] != nil {
			return 0, errs[i]
		}
		total += counts[i]
	}
	return float64(total) / took, nil
}

// middle is the median: of an even number, the upper of the two in the middle.
func middle(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(of))[len(of)/2]
}
