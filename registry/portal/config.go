package portal

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/verifier"
)

// Config says how the portal is reached and what it offers.
type Config struct {
	// Origin is what visitors have in their address bar, e.g. https://portal.example,
	// without a path. Over http, cookies aren't Secure: for loopback only. Required.
	Origin string

	// ServiceCentre is where visitors turn for help; parts left empty aren't shown.
	ServiceCentre ServiceCentre

	// AgentPort is the loopback port of visitors' card agents; 0 means 61162. Pages
	// may connect to no other port.
	AgentPort int

	// AgentDownload is where the card agent is got from, a path of ours or an https
	// URL; empty means that the page names the service centre instead.
	AgentDownload string

	// CardGuides are where one learns how to apply for a card of a kind (申請辦法), https
	// URLs. Where there is none, the page says in words whom to ask.
	CardGuides map[registry.CertificateKind]string

	// PasswordLogin offers 帳號登入 and 忘記密碼.
	PasswordLogin bool

	// TrustedProxies are those whose X-Forwarded-For is believed. None by default:
	// then the peer's address is the visitor's.
	TrustedProxies []netip.Prefix

	// SessionLifetime is how long a session lasts, used or not; 0 means 2 h.
	SessionLifetime time.Duration

	// MaxBody is the largest request body in bytes; 0 means 288 KiB: a certificate
	// file of at most 256 KiB, and the form around it.
	MaxBody int64

	// MaxMessage is the largest body with a message to be explained; 0 means 8 MiB.
	MaxMessage int64

	// Engine judges messages as the gateways do; nil means the profile cpt with the
	// built-in table of claims.
	Engine *verifier.Engine

	// Rules decide which certificates may be registered. Flows that register need them.
	Rules *registry.Rules

	Metrics prometheus.Registerer // nil means none
	Log     *slog.Logger          // required
	Now     func() time.Time      // nil means time.Now
}

// A ServiceCentre is the 單一窗口服務中心.
type ServiceCentre struct{ Phone, Fax, Mail string }

// Defaults of Config.
const (
	DefaultAgentPort       = 61162
	defaultSessionLifetime = 2 * time.Hour
	defaultMaxMessage      = 8 << 20
	defaultMaxBody         = 288 << 10
)

// complete checks the configuration and fills in its defaults.
func (c Config) complete() (Config, error) {
	origin, err := url.Parse(c.Origin)
	if err != nil || origin.Host == "" || origin.Scheme != "https" && origin.Scheme != "http" || c.Origin != origin.Scheme+"://"+origin.Host {
		return c, fmt.Errorf("origin %q isn't like https://portal.example, without a path", c.Origin)
	}
	if err := challenge.CheckOrigin(c.Origin); err != nil { // no card could sign for it
		return c, fmt.Errorf("origin %q is %w", c.Origin, err)
	}
	if c.Log == nil {
		return c, errors.New("no log")
	}
	if c.AgentPort == 0 {
		c.AgentPort = DefaultAgentPort
	}
	if c.AgentPort < 1 || c.AgentPort > 65535 {
		return c, fmt.Errorf("agent port %d is none", c.AgentPort)
	}
	for kind, guide := range c.CardGuides {
		if u, err := url.Parse(guide); guide != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
			return c, fmt.Errorf("the guide to cards of kind %s, %q, is no https URL", kind, guide)
		}
	}
	if c.SessionLifetime == 0 {
		c.SessionLifetime = defaultSessionLifetime
	}
	if c.MaxBody == 0 {
		c.MaxBody = defaultMaxBody
	}
	if c.MaxMessage == 0 {
		c.MaxMessage = defaultMaxMessage
	}
	if c.Engine == nil {
		if c.Engine, err = verifier.New(verifier.Config{Claims: verifier.DefaultClaims()}); err != nil {
			return c, fmt.Errorf("configure the verifier: %w", err)
		}
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}
