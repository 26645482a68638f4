// Package ops serves what operators and orchestrators ask of a running program:
// /metrics, /healthz (alive), /readyz (can do its work), and pprof on a loopback
// port of its own.
package ops

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// readyTimeout bounds one answer of /readyz. Orchestrators wait 1 s by default.
const readyTimeout = 900 * time.Millisecond

// Config says what is served, and where.
type Config struct {
	// Listen is the host:port of /metrics, /healthz and /readyz; "" means none.
	Listen string

	// Pprof is the host:port of /debug/pprof/, loopback only; "" means none.
	Pprof string

	// Metrics is what /metrics shows. Required.
	Metrics prometheus.Gatherer

	// Ready returns nil if the program can do its work now, else why it can't: the
	// text is shown to whoever asks, so it must hold no secret. Nil means always.
	Ready func(context.Context) error

	// Alive returns nil unless the program is beyond help and should be started
	// anew. Nil means alive while it answers.
	Alive func(context.Context) error

	// Log receives what goes wrong while serving. Required.
	Log *slog.Logger
}

// A Server serves until it is closed.
type Server struct {
	addr, pprof string
	servers     []*http.Server
	serving     sync.WaitGroup
}

// Start listens and serves in the background. An error means that an address can't
// be listened on; nothing runs then.
func Start(cfg Config) (*Server, error) {
	s := new(Server)
	var err error
	if cfg.Listen != "" {
		if s.addr, err = s.serve(cfg.Listen, Handler(cfg), cfg.Log); err != nil {
			return nil, fmt.Errorf("serve metrics and health: %w", err)
		}
	}
	if cfg.Pprof != "" {
		if s.pprof, err = s.serve(cfg.Pprof, profiles(), cfg.Log); err != nil {
			s.Close(context.Background())
			return nil, fmt.Errorf("serve profiles: %w", err)
		}
	}
	return s, nil
}

// Addr is the host:port that /metrics, /healthz and /readyz are served on.
func (s *Server) Addr() string { return s.addr }

// PprofAddr is the host:port that profiles are served on.
func (s *Server) PprofAddr() string { return s.pprof }

// Close ends serving: answers under way are finished until ctx ends, then cut off.
// That is no error: Shutdown takes a spare connection that never sent a request for a
// busy one for 5 s, and a scraper's must not make a clean stop look like a failed one.
func (s *Server) Close(ctx context.Context) error {
	var errs []error
	for _, server := range s.servers {
		err := server.Shutdown(ctx)
		if err != nil && ctx.Err() != nil {
			err = server.Close()
		}
		errs = append(errs, err)
	}
	s.serving.Wait()
	return errors.Join(errs...)
}

func (s *Server) serve(addr string, h http.Handler, log *slog.Logger) (string, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute}
	s.servers = append(s.servers, server)
	s.serving.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("serving ended", "address", addr, "error", err)
		}
	})
	return l.Addr().String(), nil
}

// Handler answers /metrics, /healthz and /readyz, for programs that serve them
// beside their own pages.
func Handler(cfg Config) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(cfg.Metrics, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	mux.Handle("GET /healthz", check(cfg.Alive))
	mux.Handle("GET /readyz", check(cfg.Ready))
	return mux
}

func check(ask func(context.Context) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if ask != nil {
			if err := ask(ctx); err != nil {
				w.WriteHeader(http.StatusServiceUnavailable)
				fmt.Fprintln(w, err)
				return
			}
		}
		fmt.Fprintln(w, "ok")
	})
}

func profiles() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
