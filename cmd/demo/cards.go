package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/deploy/local/parts"
	"turnkey-gateway/deploy/local/softcard"
)

// A reader is where visitors' cards are: SoftHSM2 tokens in a directory of the demo's own,
// and bin/cardagent, which lets the portal's pages use them.
type reader struct {
	bin, dir string // of programs; the demo's
	origin   string // of the portal's pages
	port     int    // of the agent
}

// why tells why there can be no cards here, and what to do about it; "" if there can.
func (r reader) why() string {
	missing, err := parts.Missing("cards")
	if err != nil {
		return err.Error()
	}
	if !builtWithCgo(r.agent()) {
		compiler, err := parts.Missing("cgo")
		if err != nil {
			return err.Error()
		}
		if missing = append(missing, compiler...); len(missing) == 0 {
			return "bin/cardagent was built without cgo: CGO_ENABLED=1 make build"
		}
	}
	if len(missing) == 0 {
		return ""
	}
	var names []string
	for _, n := range missing {
		names = append(names, n.Program)
	}
	return "no " + strings.Join(names, ", no ") + ": " + parts.AptLine(missing)
}

func (r reader) agent() string { return filepath.Join(r.bin, "cardagent") }

// builtWithCgo reports whether a Go program can load a PKCS#11 module.
func builtWithCgo(path string) bool {
	info, err := buildinfo.ReadFile(path)
	return err == nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "CGO_ENABLED", Value: "1"})
}

// insert makes the cards and then runs the agent, so that no page meets half a card. The
// agent ends as a step of u.
func (r reader) insert(ctx context.Context, cards []corpus.Card, u *undo) (agent member, err error) {
	box, err := softcard.NewBox(r.dir)
	if err != nil {
		return member{}, err
	}
	for _, c := range cards {
		made := softcard.Card{
			Label: c.Label, PIN: c.PIN,
			Sign:     &softcard.Pair{Key: c.Sign.Key, Certificate: c.Sign.DER()},
			Exchange: &softcard.Pair{Key: c.Exchange.Key, Certificate: c.Exchange.DER()},
		}
		if err := box.Insert(ctx, made); err != nil {
			return member{}, err
		}
	}
	env := []string{"PATH=" + os.Getenv("PATH"), box.Env}
	settings := []string{"--config", r.dir}
	allow := exec.CommandContext(ctx, r.agent(), append(settings, "allow", r.origin)...)
	allow.Env = env
	if out, err := allow.CombinedOutput(); err != nil {
		return member{}, fmt.Errorf("allow the portal to use cards: %w: %s", err, out)
	}
	log := filepath.Join(r.dir, "cardagent.log")
	p, err := rig.Run("card agent", r.agent(), log, env,
		append(settings, "--module", box.Module, "--listen", loopback(r.port), "serve")...)
	if err != nil {
		return member{}, err
	}
	u.add("stop the card agent", stopping(p, log))
	return programMember(p, log), awaitAgent(ctx, p, log)
}

// awaitAgent waits until the agent says that it listens.
func awaitAgent(ctx context.Context, p *rig.Program, log string) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if text, err := os.ReadFile(log); err == nil && strings.Contains(string(text), "card agent started") {
			return nil
		}
		select {
		case <-p.Ended():
			return errors.New("the card agent ended: " + lastLine(log))
		case <-ctx.Done():
			return fmt.Errorf("the card agent doesn't start: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

func lastLine(log string) string {
	tail := strings.TrimSpace(parts.Tail(log))
	return strings.TrimSpace(tail[strings.LastIndexByte(tail, '\n')+1:])
}

// portOf returns the port of host:port.
func portOf(address string) int {
	port, _ := strconv.Atoi(address[strings.LastIndexByte(address, ':')+1:])
	return port
}
