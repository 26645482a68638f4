package rig

import (
	"context"
	"fmt"
	"net/http"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Counter returns what a server's counter of that name has counted, or a gauge shows, over all series whose
// labels have any of the given values, or over all if none is given; 0 where there is none.
func (s Server) Counter(ctx context.Context, name string, values ...string) (sum float64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL("/metrics"), nil)
	if err != nil {
		return 0, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("read the metrics of %s: %w", s.Name, err)
	}
	defer res.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(res.Body)
	if err != nil {
		return 0, fmt.Errorf("read the metrics of %s: %w", s.Name, err)
	}
	for _, m := range families[name].GetMetric() {
		if len(values) == 0 || labelled(m, values) {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum, nil
}

func labelled(m *dto.Metric, values []string) bool {
	for _, label := range m.Label {
		for _, v := range values {
			if label.GetValue() == v {
				return true
			}
		}
	}
	return false
}
