package main

import "testing"

func TestQuantilesAreRightToOnePercent(t *testing.T) {
	var l latencies
	if l.quantile(0.5) != 0 {
		t.Error("a quantile of nothing")
	}
	for i := 1; i <= 10_000; i++ {
		l.add(float64(i) * 1e-3)
	}
	for _, q := range []float64{0.01, 0.5, 0.99, 0.999} {
		within(t, "quantile", l.quantile(q), q*10, 0.011)
	}
	within(t, "mean", l.mean(), 5.0005, 1e-6)
}
