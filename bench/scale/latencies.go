package main

import "math"

// latencies counts times in buckets that are 1 % wide, from 10 µs up.
type latencies struct {
	counts []int
	total  int
	sum    float64
}

const (
	leastLatency = 1e-5
	bucketWidth  = 1.01
)

func (l *latencies) add(seconds float64) {
	i := int(math.Log(max(seconds, leastLatency)/leastLatency) / math.Log(bucketWidth))
	for len(l.counts) <= i {
		l.counts = append(l.counts, 0)
	}
	l.counts[i]++
	l.total++
	l.sum += seconds
}

// quantile is right to 1 %; 0 of nothing.
func (l *latencies) quantile(q float64) float64 {
	rank := int(q * float64(l.total))
	for i, n := range l.counts {
		if rank -= n; rank < 0 {
			return leastLatency * math.Pow(bucketWidth, float64(i)+0.5)
		}
	}
	return 0
}

func (l *latencies) mean() float64 { return l.sum / max(1, float64(l.total)) }
