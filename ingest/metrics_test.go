package ingest

import (
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// Names of metrics are API: dashboards and alerts use them.
func TestMetricNames(t *testing.T) {
	want := []string{
		"turnkey_commits_total",
		"turnkey_consumer_lag_records{partition}",
		"turnkey_generation",
		"turnkey_halted_partitions",
		"turnkey_inflight_bytes",
		"turnkey_judge_seconds",
		"turnkey_overturned_total",
		"turnkey_panics_total",
		"turnkey_paused{stage}",
		"turnkey_quarantined_total{cause}",
		"turnkey_record_latency_seconds",
		"turnkey_records_total{topic_kind}",
		"turnkey_rejudged_total",
		"turnkey_retries_total{stage}",
		"turnkey_shadow_panics_total",
		"turnkey_verdicts_total{reason}",
	}
	reg := prometheus.NewPedanticRegistry()
	m := newMetrics(reg, func() float64 { return 0 })
	m.lag.WithLabelValues("0").Set(0)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range families {
		name := f.GetName()
		if labels := f.GetMetric()[0].GetLabel(); len(labels) > 0 {
			var names []string
			for _, l := range labels {
				names = append(names, l.GetName())
			}
			name += "{" + strings.Join(names, ",") + "}"
		}
		got = append(got, name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("metrics are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
