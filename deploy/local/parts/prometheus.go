package parts

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"turnkey-gateway/deploy/prometheus"
)

// TargetsDir is where, in Prometheus' directory, each *.json file names servers to scrape.
const TargetsDir = "targets"

// Prometheus runs a Prometheus server with the project's own configuration and alert
// rules, whose URL it returns. It can be asked but not administered over HTTP.
func Prometheus(ctx context.Context, o Options) (*Part, error) {
	path, err := program("prometheus")
	if err != nil {
		return nil, err
	}
	port, err := port(o.Port)
	if err != nil {
		return nil, fmt.Errorf("start prometheus: %w", err)
	}
	if err := writePrometheusConfig(o.Dir); err != nil {
		return nil, fmt.Errorf("start prometheus: write its configuration: %w", err)
	}
	p, err := start(command{
		name: "prometheus", path: path, dir: o.Dir,
		args: []string{"--config.file=prometheus.yml", "--storage.tsdb.path=data", "--storage.tsdb.retention.time=2d",
			"--web.listen-address=" + loopback(port)},
		env: os.Environ(), log: filepath.Join(o.Dir, "prometheus.log"), lifetime: o.Lifetime,
		stop: syscall.SIGTERM, orphaned: syscall.SIGTERM,
	})
	if err != nil {
		return nil, err
	}
	address := "http://" + loopback(port)
	if err := p.await(ctx, 30*time.Second, func(ctx context.Context) error { return get(ctx, address+"/-/ready") }); err != nil {
		return nil, err
	}
	return &Part{Addresses: []string{address}, Processes: []*Process{p}, Dir: o.Dir}, nil
}

func writePrometheusConfig(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, TargetsDir), 0o755); err != nil {
		return err
	}
	names, err := fs.Glob(prometheus.Config, "*.yml")
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := prometheus.Config.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func get(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}
