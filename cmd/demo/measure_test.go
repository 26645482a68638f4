package main

import (
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func TestScrapeReadsCountersAndHistograms(t *testing.T) {
	reg := prometheus.NewRegistry()
	lookups := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lookups_total"}, []string{"level"})
	judge := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "judge_seconds", Buckets: []float64{0.001, 0.002, 0.004}})
	reg.MustRegister(lookups, judge)
	server := httptest.NewServer(promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	defer server.Close()

	lookups.WithLabelValues("l1").Add(7)
	judge.Observe(9) // long ago
	before, err := scrape(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		judge.Observe(0.0015)
	}
	now, err := scrape(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if got := now.count("lookups_total", "level", "l1"); got != 7 {
		t.Errorf("l1 = %v, want 7", got)
	}
	if got := now.count("lookups_total", "level", "redis"); got != 0 {
		t.Errorf("redis = %v, want 0", got)
	}
	got := between(before.buckets("judge_seconds"), now.buckets("judge_seconds"))
	if want := (spread{1500 * time.Microsecond, 1990 * time.Microsecond}); got != want {
		t.Errorf("between two scrapes = %v, want %v", got, want)
	}
}

func TestScrapeTellsARefusal(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	if _, err := scrape(t.Context(), server.URL); err == nil {
		t.Error("a page that isn't there was scraped")
	}
}

func TestQuantile(t *testing.T) {
	buckets := []bucket{{0.1, 10}, {0.2, 10}, {0.4, 90}, {math.Inf(1), 100}}
	tests := map[float64]time.Duration{
		0.05: 50 * time.Millisecond,
		0.50: 300 * time.Millisecond,
		0.99: 400 * time.Millisecond, // in the open bucket: its lower bound
	}
	for q, want := range tests {
		if got := quantile(buckets, q); got.Round(time.Microsecond) != want {
			t.Errorf("quantile %v = %v, want %v", q, got, want)
		}
	}
	if got := quantile(nil, 0.5); got != 0 {
		t.Errorf("quantile of nothing = %v, want 0", got)
	}
}

func TestRateLooksBackOnTheWindowOnly(t *testing.T) {
	var r rate
	start := time.Now()
	r.observe(start, 0)
	r.observe(start.Add(time.Second), 1000) // a burst, soon forgotten
	got := 0.0
	for i := 2; i <= 20; i++ {
		got = r.observe(start.Add(time.Duration(i)*time.Second), 1000+10*i)
	}
	if math.Abs(got-10) > 0.01 {
		t.Errorf("rate = %v, want 10", got)
	}
}

func TestWindowKeepsTheLatest(t *testing.T) {
	var w window
	for range windowSize {
		w.add(time.Hour)
	}
	for i := range windowSize {
		w.add(time.Duration(i+1) * time.Millisecond)
	}
	got := w.spread()
	if want := (spread{751 * time.Millisecond, 1486 * time.Millisecond}); got != want {
		t.Errorf("spread = %v, want %v", got, want)
	}
}
