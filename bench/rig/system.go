package rig

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"turnkey-gateway/ingest"
	"turnkey-gateway/registry/outbox"
)

// A System is where the programs of one registry and one set of topics run: what the
// portal and any number of gateways have in common.
type System struct {
	// Bin holds the programs portal and gateway; Dir is for their logs.
	Bin, Dir string

	Brokers []string
	Topics  ingest.Topics
	Group   string

	// AcceptCreateTime is for a broker that can't stamp records itself.
	AcceptCreateTime bool

	// ShadowOneIn is of how many verdicts a gateway has one checked; 0 leaves it its default.
	ShadowOneIn int

	// Session is after how long a silent gateway counts as dead; 0 leaves it its default.
	Session time.Duration

	// InflightBytes is a gateway's memory for records being worked on; 0 leaves it its
	// default.
	InflightBytes int64

	DatabaseFile string // holds the URL of Postgres
	Redis        string // host:port
	RedisPrefix  string
	Keys         KeyFiles

	// Site is the registration site that the portal serves; nil: it only relays.
	Site *Site
}

// A Site is the portal's pages, for browsers on this machine.
type Site struct {
	Address    string // host:port, on loopback
	IssuersDir string // of whose certificates are believed
	AgentPort  int    // of visitors' card agents
	MailServer string // host:port of a server without TLS
}

// Origin returns what visitors have in their address bar.
func (s *Site) Origin() string { return "http://" + s.Address }

// A Server is a running program with the address of its /metrics, /healthz and /readyz.
type Server struct {
	*Program
	Address string
}

// URL returns the address of one of its pages.
func (s Server) URL(page string) string { return "http://" + s.Address + page }

// StartPortal runs the portal, which relays the registry to Redis, and waits until it is
// ready. An empty address or pprof picks a free port or turns profiles off.
func (s *System) StartPortal(ctx context.Context, address, pprof string) (Server, error) {
	return s.ready(ctx, func() (Server, error) { return s.LaunchPortal(address, pprof) })
}

// LaunchPortal is StartPortal that doesn't wait.
func (s *System) LaunchPortal(address, pprof string) (Server, error) {
	settings := map[string]string{
		"PORTAL_DATABASE_FILE":  s.DatabaseFile,
		"PORTAL_CACHE_KEY_FILE": s.Keys.Cache,
		"PORTAL_REDIS":          s.Redis,
		"PORTAL_REDIS_PREFIX":   s.RedisPrefix,
		"PORTAL_PPROF":          pprof,
	}
	if s.Site != nil {
		maps.Copy(settings, s.site())
	}
	return s.launch("portal", "portal", address, settings, "PORTAL_LISTEN")
}

// site returns what the portal must know to serve the pages. The service centre is made up.
func (s *System) site() map[string]string {
	return map[string]string{
		"PORTAL_WEB":               s.Site.Address,
		"PORTAL_ORIGIN":            s.Site.Origin(),
		"PORTAL_LOOKUP_KEY_FILE":   s.Keys.Lookup,
		"PORTAL_IDENTITY_KEY_FILE": s.Keys.Identity,
		"PORTAL_ISSUERS_DIR":       s.Site.IssuersDir,
		"PORTAL_PASSWORD_LOGIN":    "true",
		"PORTAL_CENTRE_PHONE":      "0800-000-000",
		"PORTAL_CENTRE_FAX":        "02-0000-0000",
		"PORTAL_CENTRE_MAIL":       "service@example.test",
		"PORTAL_AGENT_PORT":        strconv.Itoa(s.Site.AgentPort),
		"PORTAL_MAIL_SERVER":       s.Site.MailServer,
		"PORTAL_MAIL_TLS":          string(outbox.NoTLS),
		"PORTAL_MAIL_FROM":         "no-reply@example.test",
	}
}

// StartGateway runs a gateway under a name of its own, which its log file has, and waits
// until it is ready. An empty address or pprof picks a free port or turns profiles off.
func (s *System) StartGateway(ctx context.Context, name, address, pprof string) (Server, error) {
	return s.ready(ctx, func() (Server, error) { return s.LaunchGateway(name, address, pprof) })
}

// LaunchGateway is StartGateway that doesn't wait: what the gateway needs may be away.
func (s *System) LaunchGateway(name, address, pprof string) (Server, error) {
	settings := map[string]string{
		"GATEWAY_BROKERS":            strings.Join(s.Brokers, ","),
		"GATEWAY_GROUP":              s.Group,
		"GATEWAY_TOPIC_INBOUND":      s.Topics.Inbound,
		"GATEWAY_TOPIC_VERIFIED":     s.Topics.Verified,
		"GATEWAY_TOPIC_REJECTED":     s.Topics.Rejected,
		"GATEWAY_TOPIC_QUARANTINE":   s.Topics.Quarantine,
		"GATEWAY_ACCEPT_CREATE_TIME": fmt.Sprint(s.AcceptCreateTime),
		"GATEWAY_DATABASE_FILE":      s.DatabaseFile,
		"GATEWAY_REDIS":              s.Redis,
		"GATEWAY_REDIS_PREFIX":       s.RedisPrefix,
		"GATEWAY_CACHE_KEY_FILE":     s.Keys.Cache,
		"GATEWAY_LOOKUP_KEY_FILE":    s.Keys.Lookup,
		"GATEWAY_PPROF":              pprof,
	}
	if s.ShadowOneIn > 0 {
		settings["GATEWAY_SHADOW_ONE_IN"] = strconv.Itoa(s.ShadowOneIn)
	}
	if s.Session > 0 {
		settings["GATEWAY_SESSION"] = s.Session.String()
	}
	if s.InflightBytes > 0 {
		settings["GATEWAY_INFLIGHT_BYTES"] = strconv.FormatInt(s.InflightBytes, 10)
	}
	return s.launch(name, "gateway", address, settings, "GATEWAY_LISTEN")
}

// ready launches a program and waits until it is ready; one that isn't is killed.
func (s *System) ready(ctx context.Context, launch func() (Server, error)) (Server, error) {
	server, err := launch()
	if err != nil {
		return Server{}, err
	}
	if err := server.AwaitOK(ctx, server.URL("/readyz")); err != nil {
		server.Kill()
		return Server{}, fmt.Errorf("%w; see %s", err, s.log(server.Name))
	}
	return server, nil
}

func (s *System) launch(name, program, address string, settings map[string]string, listen string) (Server, error) {
	if address == "" {
		var err error
		if address, err = FreeAddress(); err != nil {
			return Server{}, fmt.Errorf("start %s: %w", name, err)
		}
	}
	settings[listen] = address
	env := []string{"PATH=" + os.Getenv("PATH")}
	for key, value := range settings {
		if value != "" {
			env = append(env, key+"="+value)
		}
	}
	p, err := Run(name, filepath.Join(s.Bin, program), s.log(name), env)
	if err != nil {
		return Server{}, err
	}
	return Server{Program: p, Address: address}, nil
}

func (s *System) log(name string) string { return filepath.Join(s.Dir, name+".log") }

// FreeAddress returns a loopback address nobody listens on. Somebody may take it before
// it is used: the program then ends and its log says so.
func FreeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
