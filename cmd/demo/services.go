package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/deploy/local/parts"
)

// services are the two programs, the very ones that are deployed, as child processes, and
// what the portal's pages are used with.
type services struct {
	gateway, portal               rig.Server
	gatewayProfile, portalProfile string // host:port
	site                          *rig.Site
	mail                          string // host:port of the mail catcher's page
	bin                           string // directory of the programs
}

// shadowOneIn makes the shadow check move at the demo's rate: some checks a second.
const shadowOneIn = 20

// startServices runs bin/portal and bin/gateway, which stand beside this program, and
// returns once both say that they can do their work.
func startServices(ctx context.Context, dir string, g *ground, f files, u *undo) (*services, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	system := &rig.System{
		Bin: filepath.Dir(self), Dir: dir,
		Brokers: g.kafka, Topics: g.topics, Group: g.group, AcceptCreateTime: !g.brokerStamps, ShadowOneIn: shadowOneIn,
		DatabaseFile: f.database, Redis: g.redis, RedisPrefix: g.redisPrefix, Keys: f.KeyFiles,
	}
	for _, name := range []string{"portal", "gateway"} {
		if _, err := os.Stat(filepath.Join(system.Bin, name)); err != nil {
			return nil, fmt.Errorf("the demo runs the %s beside it: %w; `make build` puts all programs into bin/", name, err)
		}
	}
	ports, err := addressesOr(usualGateway, usualGatewayPprof, usualPortal, usualPortalPprof, usualPages, usualMail, usualAgent)
	if err != nil {
		return nil, err
	}
	s := &services{
		gatewayProfile: ports[1], portalProfile: ports[3], mail: ports[5], bin: system.Bin,
		site: &rig.Site{Address: ports[4], IssuersDir: f.issuers, AgentPort: portOf(ports[6])},
	}
	if s.site.MailServer, err = startMail(s.mail, s.site.Origin(), u); err != nil {
		return nil, err
	}
	system.Site = s.site
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	both, ctx := errgroup.WithContext(ctx)
	start := func(name string, into *rig.Server, start func() (rig.Server, error)) {
		both.Go(func() (err error) {
			log := filepath.Join(dir, name+".log")
			if *into, err = start(); err != nil {
				return fmt.Errorf("%w; the end of its log:\n%s", err, parts.Tail(log))
			}
			u.add("stop the "+name, stopping(into.Program, log))
			return nil
		})
	}
	start("portal", &s.portal, func() (rig.Server, error) { return system.StartPortal(ctx, ports[2], ports[3]) })
	start("gateway", &s.gateway, func() (rig.Server, error) { return system.StartGateway(ctx, "gateway", ports[0], ports[1]) })
	return s, both.Wait()
}

func (s *services) members(dir string) []member {
	return []member{
		programMember(s.portal.Program, filepath.Join(dir, "portal.log")),
		programMember(s.gateway.Program, filepath.Join(dir, "gateway.log")),
	}
}
