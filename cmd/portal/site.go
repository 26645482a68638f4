package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"turnkey-gateway/cmd/internal/config"
	"turnkey-gateway/cmd/internal/engine"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/registry/outbox"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
)

// A site serves the registration site, and does what has to be done beside, until it is
// closed.
type site struct {
	server  *http.Server
	pages   *portal.Portal
	addr    string
	running sync.WaitGroup
}

// openStore returns the registry as the site needs it, with the keys of its identifiers.
func openStore(cfg SiteConfig, pool *pgxpool.Pool) (*postgres.Store, error) {
	lookup, err := keyfile.Load(cfg.LookupKeyFile)
	if err != nil {
		return nil, fmt.Errorf("PORTAL_LOOKUP_KEY_FILE: %w", err)
	}
	identity, err := registry.LoadIdentityKey(cfg.IdentityKeyFile, cfg.OldIdentityKeyFiles...)
	if err != nil {
		return nil, fmt.Errorf("PORTAL_IDENTITY_KEY_FILE and PORTAL_OLD_IDENTITY_KEY_FILES: %w", err)
	}
	return postgres.NewStore(pool, registry.NewLookupKey(lookup), identity), nil
}

// readRules returns which certificates may be registered, and what binds them.
func readRules(cfg SiteConfig, log *slog.Logger) (*registry.Rules, error) {
	rules := &registry.Rules{OpenBinding: cfg.OpenBinding}
	var err error
	if cfg.PolicyFile == "" {
		rules.Policy, err = registry.DefaultPolicy()
	} else {
		var text []byte
		if text, err = os.ReadFile(cfg.PolicyFile); err == nil {
			rules.Policy, err = registry.ParsePolicy(text)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("PORTAL_POLICY_FILE: %w", err)
	}
	if cfg.IssuersDir == "" {
		log.Warn("no issuer is believed: nobody can register, and every import waits for confirmation; set PORTAL_ISSUERS_DIR")
	} else if rules.Issuers, err = registry.LoadIssuers(os.DirFS(cfg.IssuersDir)); err != nil {
		return nil, fmt.Errorf("PORTAL_ISSUERS_DIR: %w", err)
	}
	if cfg.OpenBinding {
		log.Warn("PORTAL_IMPORT_BINDING=open: whoever knows a company's number can bind a key of their own to it")
	}
	return rules, nil
}

// openMail returns what sends the site's mail and what gives notice by it. Without a
// server the sender is never run: mail waits.
func openMail(cfg SiteConfig, store *postgres.Store, metrics prometheus.Registerer, log *slog.Logger) (*outbox.Sender, *outbox.Notices, error) {
	letters, err := outbox.NewLetters(cfg.Origin, outbox.ServiceCentre{Phone: cfg.Phone, Fax: cfg.Fax, Mail: cfg.CentreMail})
	if err != nil {
		return nil, nil, err
	}
	send := func(context.Context, registry.Mail) error { return errors.New("no mail server") }
	if cfg.Mail.Server == "" {
		log.Warn("no mail server: mail waits in the outbox; set PORTAL_MAIL_SERVER")
	} else {
		mailer, err := openMailer(cfg.Mail)
		if err != nil {
			return nil, nil, err
		}
		send = mailer.Send
	}
	sender := outbox.NewSender(outbox.SenderConfig{Store: store, Send: send, Metrics: metrics, Log: log})
	notices := outbox.NewNotices(outbox.NoticesConfig{Store: store, Letters: letters, Wake: sender.Wake, Metrics: metrics, Log: log})
	return sender, notices, nil
}

func openMailer(cfg MailConfig) (*outbox.Mailer, error) {
	smtp := outbox.SMTP{Server: cfg.Server, TLS: outbox.TLSPolicy(cfg.TLS), From: cfg.From, User: cfg.User}
	var err error
	if cfg.PasswordFile != "" {
		if smtp.Password, err = config.Secret(cfg.PasswordFile); err != nil {
			return nil, fmt.Errorf("PORTAL_MAIL_PASSWORD_FILE: %w", err)
		}
	}
	if cfg.CAFile != "" {
		text, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return nil, fmt.Errorf("PORTAL_MAIL_CA_FILE: %w", err)
		}
		smtp.RootCAs = x509.NewCertPool()
		if !smtp.RootCAs.AppendCertsFromPEM(text) {
			return nil, errors.New("PORTAL_MAIL_CA_FILE: it holds no certificate in PEM")
		}
	}
	mailer, err := outbox.NewMailer(smtp)
	if err != nil {
		return nil, fmt.Errorf("PORTAL_MAIL_SERVER: %w", err)
	}
	return mailer, nil
}

// A mailingStore is the registry, whose mails leave at once.
type mailingStore struct {
	*postgres.Store
	sender *outbox.Sender
}

func (s mailingStore) Enqueue(ctx context.Context, m registry.Mail) error {
	return s.sender.Enqueue(ctx, m)
}

// openSite listens at cfg.Web and serves the pages. What it does beside ends with ctx.
func openSite(ctx context.Context, cfg Config, pool *pgxpool.Pool, metrics prometheus.Registerer, log *slog.Logger) (*site, error) {
	store, err := openStore(cfg.Site, pool)
	if err != nil {
		return nil, err
	}
	rules, err := readRules(cfg.Site, log)
	if err != nil {
		return nil, err
	}
	judge, err := engine.New("PORTAL_", cfg.Site.Engine, verifier.Limits{})
	if err != nil {
		return nil, err
	}
	sender, notices, err := openMail(cfg.Site, store, metrics, log)
	if err != nil {
		return nil, err
	}
	pages, err := portal.New(portal.Config{
		Origin:        cfg.Site.Origin,
		ServiceCentre: portal.ServiceCentre{Phone: cfg.Site.Phone, Fax: cfg.Site.Fax, Mail: cfg.Site.CentreMail},
		AgentPort:     cfg.Site.AgentPort, AgentDownload: cfg.Site.AgentDownload,
		CardGuides:     map[registry.CertificateKind]string{registry.MOICA: cfg.Site.CitizenGuide, registry.MOEACA: cfg.Site.CompanyGuide},
		PasswordLogin:  cfg.Site.PasswordLogin,
		TrustedProxies: cfg.Site.Proxies,
		Engine:         judge, Rules: rules, Metrics: metrics, Log: log,
	}, mailingStore{store, sender})
	if err != nil {
		return nil, err
	}
	secured := &tls.Config{MinVersion: tls.VersionTLS12}
	if cfg.Site.CertificateFile != "" {
		pair, err := tls.LoadX509KeyPair(cfg.Site.CertificateFile, cfg.Site.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("PORTAL_TLS_CERT_FILE: %w", err)
		}
		secured.Certificates = []tls.Certificate{pair}
	}
	listener, err := net.Listen("tcp", cfg.Web)
	if err != nil {
		return nil, fmt.Errorf("PORTAL_WEB: %w", err)
	}
	s := &site{addr: listener.Addr().String(), pages: pages, server: &http.Server{
		Handler: pages.Handler(),
		// A body comes within a minute or not at all; answers are short.
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 32 << 10,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug), // peers that break off; it names their addresses
		TLSConfig:      secured,
	}}
	s.running.Go(func() {
		serve := s.server.Serve
		if len(secured.Certificates) > 0 {
			serve = func(l net.Listener) error { return s.server.ServeTLS(l, "", "") }
		}
		if err := serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("serving the site ended", "error", err)
		}
	})
	s.running.Go(func() { sweep(ctx, store, log) })
	s.running.Go(func() { notices.Run(ctx) })
	if rules.Issuers != nil {
		s.running.Go(func() { reload(ctx, rules.Issuers, cfg.Site.IssuersDir, log) })
	}
	if cfg.Site.Mail.Server != "" {
		s.running.Go(func() { sender.Run(ctx) })
	}
	return s, nil
}

// close finishes the answers under way until ctx ends, then cuts them off. The context
// of openSite must have ended.
func (s *site) close(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	if err != nil && ctx.Err() != nil {
		err = s.server.Close()
	}
	s.pages.Close()
	s.running.Wait()
	return err
}

// reloadEvery is how often issuers and their revocation lists are read anew.
const reloadEvery = time.Hour

// reload reads issuers and lists anew until ctx ends. What can't be read leaves them as
// they were: a missing list must not stop registrations.
func reload(ctx context.Context, issuers *registry.IssuerSet, dir string, log *slog.Logger) {
	ticker := time.NewTicker(reloadEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := issuers.Reload(os.DirFS(dir)); err != nil {
			log.Error("the issuers and their revocation lists can't be read anew: those read before are used", "error", err)
		}
	}
}

// sweepEvery is how often what has expired is removed. Nothing waits for it: what has
// expired doesn't count before it is gone.
const sweepEvery = 10 * time.Minute

// sweep removes expired sessions and their like until ctx ends.
func sweep(ctx context.Context, store *postgres.Store, log *slog.Logger) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		if err := store.Sweep(ctx); err != nil && ctx.Err() == nil {
			log.Error("sweeping failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
