package portal

import (
	"fmt"
	"net/http"
	"strings"

	"turnkey-gateway/registry/outbox"
	"turnkey-gateway/registry/password"
)

// A Portal serves the site. It is safe for concurrent use.
type Portal struct {
	cfg      Config
	registry Registry
	words    *words
	pages    *pages
	assets   *assets
	metrics  *metrics
	cross    *http.CrossOriginProtection
	hasher   *password.Hasher
	letters  *outbox.Letters
	errands  errands
	headers  http.Header // on every answer
	secure   bool        // the origin is https
	why      whyPlaces
	handler  http.Handler
}

// New returns a portal over a registry. An error means a mistake in the configuration,
// or in the pages that are built in.
func New(cfg Config, reg Registry) (*Portal, error) {
	p := &Portal{registry: reg, why: newWhyPlaces(), hasher: password.NewHasher(0)}
	var err error
	if p.cfg, err = cfg.complete(); err != nil {
		return nil, fmt.Errorf("configure the portal: %w", err)
	}
	p.secure = strings.HasPrefix(p.cfg.Origin, "https:")
	p.headers = securityHeaders(p.cfg.AgentPort, p.secure)
	p.cross = http.NewCrossOriginProtection()
	if err = p.cross.AddTrustedOrigin(p.cfg.Origin); err != nil {
		return nil, fmt.Errorf("configure the portal: %w", err)
	}
	if p.words, err = readWords(wordFiles); err != nil {
		return nil, fmt.Errorf("read the portal's words: %w", err)
	}
	if p.assets, err = readAssets(assetFiles); err != nil {
		return nil, fmt.Errorf("read the portal's assets: %w", err)
	}
	if p.pages, err = p.parsePages(pageFiles); err != nil {
		return nil, fmt.Errorf("read the portal's pages: %w", err)
	}
	if p.letters, err = outbox.NewLetters(p.cfg.Origin, outbox.ServiceCentre(p.cfg.ServiceCentre)); err != nil {
		return nil, fmt.Errorf("read the portal's mails: %w", err)
	}
	p.metrics = newMetrics(p.cfg.Metrics)
	p.handler = p.middleware(p.routes())
	return p, nil
}

// Handler answers every request to the origin.
func (p *Portal) Handler() http.Handler { return p.handler }

// Close waits for what answers didn't wait for. Call it once the handler is no longer used.
func (p *Portal) Close() { p.errands.running.Wait() }

// routes has one line per flow, each in the file of its name.
func (p *Portal) routes() *http.ServeMux {
	mux := http.NewServeMux()
	p.handle(mux, "GET "+assetsPath+"{name}", p.assets.serve)
	p.homeRoutes(mux)
	p.manualRoutes(mux)
	p.registerRoutes(mux)
	p.loginRoutes(mux)
	p.resetRoutes(mux)
	p.accountRoutes(mux)
	p.importRoutes(mux)
	p.queryRoutes(mux)
	p.replaceRoutes(mux)
	p.whyRoutes(mux)
	p.staffRoutes(mux)
	return mux
}

// A handler answers a request, or returns a [failure] that says how it is to be refused.
// Any other error is ours: it is logged, and the visitor told to try again.
type handler func(w http.ResponseWriter, r *http.Request) error

// handle has h answer what matches the pattern. A path that is posted to must also be
// one that can be got: the language is switched there.
func (p *Portal) handle(mux *http.ServeMux, pattern string, h handler) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			p.fail(w, r, err)
		}
	})
}
