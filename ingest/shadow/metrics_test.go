package shadow

import (
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// Names of metrics and the values of their labels are API: dashboards and alerts use them.
func TestMetricNames(t *testing.T) {
	want := []string{
		"turnkey_shadow_check_seconds",
		"turnkey_shadow_checks_total{result=agrees}",
		"turnkey_shadow_checks_total{result=disagrees}",
		"turnkey_shadow_checks_total{result=dropped}",
		"turnkey_shadow_checks_total{result=skipped}",
		"turnkey_shadow_disagreements_total{accepted_by=second_opinion}",
		"turnkey_shadow_disagreements_total{accepted_by=verifier}",
		"turnkey_shadow_overruns_total",
		"turnkey_shadow_skipped_total{reason=algorithm}",
		"turnkey_shadow_skipped_total{reason=attribute_blanks}",
		"turnkey_shadow_skipped_total{reason=attribute_order}",
		"turnkey_shadow_skipped_total{reason=blanks}",
		"turnkey_shadow_skipped_total{reason=comments}",
		"turnkey_shadow_skipped_total{reason=default_undeclared}",
		"turnkey_shadow_skipped_total{reason=instructions}",
		"turnkey_shadow_skipped_total{reason=names}",
		"turnkey_shadow_skipped_total{reason=other_verdict}",
		"turnkey_shadow_skipped_total{reason=panicked}",
		"turnkey_shadow_skipped_total{reason=placement}",
		"turnkey_shadow_skipped_total{reason=prefix_list}",
		"turnkey_shadow_skipped_total{reason=references}",
		"turnkey_shadow_skipped_total{reason=too_large}",
		"turnkey_shadow_skipped_total{reason=unreadable}",
		"turnkey_shadow_skipped_total{reason=xml_declared}",
		"turnkey_shadow_skipped_total{reason=xml_inherited}",
	}
	reg := prometheus.NewPedanticRegistry()
	newMetrics(reg)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += "{" + l.GetName() + "=" + l.GetValue() + "}"
			}
			got = append(got, name)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("metrics are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
