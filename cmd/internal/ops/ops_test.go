package ops_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"turnkey-gateway/cmd/internal/ops"
)

func start(t *testing.T, cfg ops.Config) *ops.Server {
	t.Helper()
	cfg.Log = slog.New(slog.DiscardHandler)
	s, err := ops.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestHealthMetricsAndProfiles(t *testing.T) {
	metrics := prometheus.NewRegistry()
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "turnkey_sample_total"})
	metrics.MustRegister(counter)
	counter.Inc()
	var why atomic.Pointer[error]
	s := start(t, ops.Config{
		Listen: "127.0.0.1:0", Pprof: "127.0.0.1:0", Metrics: metrics,
		Ready: func(context.Context) error {
			if err := why.Load(); err != nil {
				return *err
			}
			return nil
		},
	})
	notYet := errors.New("the registry can't be reached")
	tests := []struct {
		name   string
		why    *error
		url    string
		status int
		body   string
	}{
		{"ready", nil, s.Addr() + "/readyz", 200, "ok"},
		{"not ready", &notYet, s.Addr() + "/readyz", 503, notYet.Error()},
		{"alive though not ready", &notYet, s.Addr() + "/healthz", 200, "ok"},
		{"metrics", nil, s.Addr() + "/metrics", 200, "turnkey_sample_total 1"},
		{"profiles", nil, s.PprofAddr() + "/debug/pprof/goroutine?debug=1", 200, "goroutine profile"},
		{"no profiles beside metrics", nil, s.Addr() + "/debug/pprof/", 404, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			why.Store(tt.why)
			if status, body := get(t, "http://"+tt.url); status != tt.status || !strings.Contains(body, tt.body) {
				t.Errorf("%d %q, want %d %q", status, body, tt.status, tt.body)
			}
		})
	}
}

func TestReadinessThatHangsIsCutShort(t *testing.T) {
	s := start(t, ops.Config{
		Listen: "127.0.0.1:0", Metrics: prometheus.NewRegistry(),
		Ready: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	})
	began := time.Now()
	if status, _ := get(t, "http://"+s.Addr()+"/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", status)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestAddressInUseIsAnError(t *testing.T) {
	s := start(t, ops.Config{Listen: "127.0.0.1:0", Metrics: prometheus.NewRegistry()})
	_, err := ops.Start(ops.Config{Listen: "127.0.0.1:0", Pprof: s.Addr(), Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "serve profiles") {
		t.Errorf("got %v, want an error that says what couldn't be served", err)
	}
}
