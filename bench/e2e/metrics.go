package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// awaitVerdicts polls a gateway's metrics until it has judged at least n documents, and
// returns how many.
func awaitVerdicts(ctx context.Context, url string, n float64) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		judged, err := verdicts(ctx, url)
		if err == nil && judged >= n {
			return judged, nil
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("%.0f documents judged of %.0f waited for: %w (%v)", judged, n, ctx.Err(), err)
		case <-tick.C:
		}
	}
}

func verdicts(ctx context.Context, url string) (sum float64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(res.Body)
	if err != nil {
		return 0, err
	}
	family := families["turnkey_verdicts_total"]
	if family == nil {
		family = &dto.MetricFamily{}
	}
	for _, m := range family.Metric {
		sum += m.GetCounter().GetValue()
	}
	return sum, nil
}
