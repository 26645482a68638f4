package main

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// families are a program's metrics at one moment, by name.
type families map[string]*dto.MetricFamily

// scrape reads what a program exposes at url.
func scrape(ctx context.Context, url string) (families, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, res.Status)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(res.Body)
}

// count is the counter of that name whose label has that value, 0 if there is none.
func (f families) count(name, label, value string) float64 {
	for _, m := range f[name].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == label && l.GetValue() == value {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// buckets are the upper bounds, in seconds, and cumulated counts of a histogram without
// labels.
func (f families) buckets(name string) []bucket {
	var all []bucket
	for _, m := range f[name].GetMetric() {
		for _, b := range m.GetHistogram().GetBucket() {
			all = append(all, bucket{b.GetUpperBound(), float64(b.GetCumulativeCount())})
		}
	}
	return all
}

type bucket struct{ upTo, count float64 }

// between returns the quantiles of what was observed between two scrapes of the same
// histogram, before being nil for the time since the program started.
func between(before, now []bucket) spread {
	delta := make([]bucket, len(now))
	for i, b := range now {
		delta[i] = b
		if len(before) == len(now) {
			delta[i].count -= before[i].count
		}
	}
	return spread{quantile(delta, 0.50), quantile(delta, 0.99)}
}

// quantile assumes, as Prometheus does, that observations are spread evenly within a
// bucket. What lies in the last, open bucket counts as its lower bound.
func quantile(buckets []bucket, q float64) time.Duration {
	if len(buckets) == 0 || buckets[len(buckets)-1].count <= 0 {
		return 0
	}
	rank := q * buckets[len(buckets)-1].count
	var low, below float64
	for _, b := range buckets {
		if b.count >= rank {
			at := b.upTo
			if math.IsInf(at, 1) {
				at = low
			} else if b.count > below {
				at = low + (b.upTo-low)*(rank-below)/(b.count-below)
			}
			return time.Duration(at * float64(time.Second))
		}
		low, below = b.upTo, b.count
	}
	return time.Duration(low * float64(time.Second))
}
