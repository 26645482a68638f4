package main

import (
	"net/netip"
	"time"

	"turnkey-gateway/cmd/internal/config"
	"turnkey-gateway/cmd/internal/engine"
	"turnkey-gateway/registry/outbox"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/rediscache"
)

// Config is read from PORTAL_* environment variables.
type Config struct {
	// DatabaseFile holds the URL of the primary Postgres, connected to directly: a
	// pooler that shares sessions loses the relay's lock. Required.
	DatabaseFile string

	// CacheKeyFile holds cache.key, the same one that the gateways have. Required.
	CacheKeyFile string

	// Redis are host:port of one server, or of several nodes of a cluster. Required.
	Redis []string

	// RedisPrefix begins every key; the gateways must have the same. Default turnkey.
	RedisPrefix string

	// RedisTimeout bounds one exchange with Redis; 250 ms by default. While Redis takes
	// longer, gateways read Postgres.
	RedisTimeout time.Duration

	// Listen is host:port of /metrics, /healthz and /readyz; 127.0.0.1:9102 by default.
	Listen string

	// Pprof is host:port of profiles, on loopback; "" (off) by default.
	Pprof string

	// StopWithin bounds a graceful stop; 5 s by default.
	StopWithin time.Duration

	// Web is host:port of the registration site's pages; "" (off) by default: the program
	// only relays then.
	Web string

	// Site is about the pages; it is read only if Web is on.
	Site SiteConfig
}

// SiteConfig is what the registration site needs.
type SiteConfig struct {
	// Origin is what visitors have in their address bar, such as https://portal.example.
	// Over http, for loopback only, cookies are not Secure. Required.
	Origin string

	// CertificateFile and KeyFile have the pages served by TLS 1.2 or later; both, or
	// neither where a proxy in front does that.
	CertificateFile, KeyFile string

	// LookupKeyFile and IdentityKeyFile hold the keys that identifiers are found and that
	// personal data is sealed by. Required.
	LookupKeyFile, IdentityKeyFile string

	// OldIdentityKeyFiles hold keys that were identity.key before, until `turnkey identity
	// rotate` is through.
	OldIdentityKeyFiles []string

	// Engine says what the gateways accept, by which 為什麼驗章失敗？ explains; the same as
	// theirs.
	Engine engine.Config

	// IssuersDir has certificates of issuers to believe, in moica, moeaca and customs.
	// Without it nothing that is imported is in force at once, and nobody can register.
	IssuersDir string

	// PolicyFile replaces the built-in table of what may be used for what.
	PolicyFile string

	// OpenBinding has every import in force at once, as the manual's letter has it:
	// whoever knows a 統一編號 can then bind a key to it. Warned of at every start.
	OpenBinding bool

	// PasswordLogin offers 帳號登入 and 忘記密碼; off by default.
	PasswordLogin bool

	// Phone, Fax and CentreMail are those of the service centre.
	Phone, Fax, CentreMail string

	// Proxies are networks whose X-Forwarded-For is believed; none by default.
	Proxies []netip.Prefix

	// AgentPort is the loopback port of visitors' card agents; 61162 by default.
	AgentPort int

	// AgentDownload is where the card agent is got from, an https URL.
	AgentDownload string

	// CitizenGuide and CompanyGuide say how to apply for a card (申請辦法), https URLs.
	CitizenGuide, CompanyGuide string

	// Mail is how mail is sent. Without a server it waits in the outbox.
	Mail MailConfig
}

// MailConfig is how the site sends mail.
type MailConfig struct {
	// Server is host:port of the mail server; "" (off) by default: mail is kept in the
	// outbox, for a week, until a portal with a server sends it.
	Server string

	// TLS is starttls (the default, required of the server), tls, or none, which only
	// loopback is allowed.
	TLS string

	// From is the address that mail comes from. Required with a server.
	From string

	// User, and PasswordFile with its secret, log in to the server; none by default.
	User, PasswordFile string

	// CAFile has certificates (PEM) to believe the server's by; the system's by default.
	CAFile string
}

// readConfig returns the configuration, whose mistakes the reader knows.
func readConfig(r *config.Reader) Config {
	c := Config{
		DatabaseFile: r.File("DATABASE_FILE", "file with the URL of the primary Postgres (no session-sharing pooler)"),
		CacheKeyFile: r.File("CACHE_KEY_FILE", "file with cache.key, the gateways' own"),
		Redis:        r.Addresses("REDIS", "", "Redis, host:port; several for a cluster"),
		RedisPrefix:  r.String("REDIS_PREFIX", rediscache.DefaultPrefix, "begins every key in Redis; the gateways' own"),
		RedisTimeout: r.Duration("REDIS_TIMEOUT", 250*time.Millisecond, 10*time.Millisecond, time.Second,
			"longest exchange with Redis"),
		Listen: r.Address("LISTEN", "127.0.0.1:9102", "host:port of /metrics, /healthz, /readyz"),
		Pprof:  r.Loopback("PPROF", "off", "host:port of profiles, on loopback, or off"),
		StopWithin: r.Duration("STOP_WITHIN", 5*time.Second, time.Second, time.Minute,
			"longest graceful stop"),
		Web: r.Address("WEB", "off", "host:port of the registration site, or off"),
	}
	if c.Web != "" {
		c.Site = readSiteConfig(r)
	} else {
		r.Mention(func(r *config.Reader) { readSiteConfig(r) })
	}
	return c
}

// readSiteConfig returns what is about the pages.
func readSiteConfig(r *config.Reader) SiteConfig {
	c := SiteConfig{
		Origin:          r.Required("ORIGIN", "the site's address as visitors see it, such as https://portal.example"),
		CertificateFile: r.OptionalFile("TLS_CERT_FILE", "certificate chain (PEM) to serve the pages by TLS with"),
		KeyFile:         r.OptionalFile("TLS_KEY_FILE", "its private key (PEM)"),
		LookupKeyFile:   r.File("LOOKUP_KEY_FILE", "file with lookup.key, the gateways' own"),
		IdentityKeyFile: r.File("IDENTITY_KEY_FILE", "file with identity.key, that personal data is sealed by"),
		OldIdentityKeyFiles: r.OptionalFiles("OLD_IDENTITY_KEY_FILES",
			"files with earlier identity keys, while `turnkey identity rotate` is not through"),
		Engine:     engine.ReadConfig(r),
		IssuersDir: r.String("ISSUERS_DIR", "", "directory with issuers to believe, in moica, moeaca and customs"),
		PolicyFile: r.OptionalFile("POLICY_FILE", "table of what may be used for what, instead of the built-in one"),
		OpenBinding: r.OneOf("IMPORT_BINDING", []string{"certificate", "open"},
			"certificate: what a certificate doesn't prove waits for confirmation; open: everything is in force at once") == "open",
		PasswordLogin: r.Bool("PASSWORD_LOGIN", false, "offer login by account and password, and its reset"),
		Phone:         r.String("CENTRE_PHONE", "", "the service centre's telephone"),
		Fax:           r.String("CENTRE_FAX", "", "the service centre's fax"),
		CentreMail:    r.String("CENTRE_MAIL", "", "the service centre's e-mail address"),
		Proxies:       r.Networks("PROXIES", "networks of proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8"),
		AgentPort:     r.Int("AGENT_PORT", portal.DefaultAgentPort, 1, 65535, "loopback port of visitors' card agents"),
		AgentDownload: r.String("AGENT_DOWNLOAD", "", "where visitors get the card agent, an https URL"),
		CitizenGuide:  r.String("CITIZEN_CARD_GUIDE", "", "how to apply for a 自然人憑證 card, an https URL; without it the page says whom to ask"),
		CompanyGuide:  r.String("COMPANY_CARD_GUIDE", "", "how to apply for a 工商憑證 card, an https URL; without it the page says whom to ask"),
	}
	if c.Mail.Server = r.Address("MAIL_SERVER", "off", "host:port of the mail server, or off: mail waits then"); c.Mail.Server != "" {
		c.Mail.read(r)
	} else {
		r.Mention(c.Mail.read)
	}
	if (c.CertificateFile == "") != (c.KeyFile == "") {
		r.Refuse("TLS_CERT_FILE", "and TLS_KEY_FILE go together: set both, or neither")
	}
	return c
}

// read adds how the mail server is used.
func (m *MailConfig) read(r *config.Reader) {
	m.TLS = r.OneOf("MAIL_TLS", outbox.TLSPolicies, "how the connection to it is protected; none for this machine only")
	m.From = r.Required("MAIL_FROM", "what mail comes from, such as no-reply@portal.example")
	m.User = r.String("MAIL_USER", "", "who to log in to it as")
	m.PasswordFile = r.OptionalFile("MAIL_PASSWORD_FILE", "file with the password for that")
	m.CAFile = r.OptionalFile("MAIL_CA_FILE", "certificates (PEM) to believe it by, instead of the system's")
}
