package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/ingest"
)

// Names of the contenders.
const (
	gatewayName = "gateway"
	copyName    = "copy"
	plainName   = "plain"
)

// start runs a contender as a program of its own, on an inbound topic and its outputs.
func (g *ground) start(ctx context.Context, who string, t ingest.Topics, group string) (*rig.Program, error) {
	if who == gatewayName {
		s, err := g.startGateway(ctx, t, group, "")
		return s.Program, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", who, err)
	}
	return rig.Run(who, self, filepath.Join(g.Dir, group+".log"), []string{"PATH=" + os.Getenv("PATH")},
		who, "--brokers", strings.Join(g.Brokers, ","), "--group", group,
		"--inbound", t.Inbound, "--verified", t.Verified, "--rejected", t.Rejected, "--certificates", g.certificates)
}

// startGateway runs bin/gateway and waits until it is in its group.
func (g *ground) startGateway(ctx context.Context, t ingest.Topics, group, pprof string) (rig.Server, error) {
	system := g.System
	system.Topics, system.Group = t, group
	return system.StartGateway(ctx, g.name(gatewayName), "", pprof)
}
