package main

import (
	"context"
	"fmt"
	"time"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/deploy/local/parts"
)

// A member is a process that the demo can't go on without.
type member struct {
	name, log string
	alive     func() bool
}

func programMember(p *rig.Program, log string) member {
	return member{p.Name, log, func() bool {
		select {
		case <-p.Ended():
			return false
		default:
			return true
		}
	}}
}

func partMembers(part *parts.Part) []member {
	var all []member
	for _, p := range part.Processes {
		all = append(all, member{p.Name, p.Log, p.Alive})
	}
	return all
}

// watch returns nil when ctx ends, or an error with the end of its log as soon as a
// member has ended before that.
func watch(ctx context.Context, members []member) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, m := range members {
			if !m.alive() && ctx.Err() == nil {
				return fmt.Errorf("%s ended by itself; the end of its log:\n%s", m.name, parts.Tail(m.log))
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// stopping is how a program is ended as a step of undo. One that has ended by itself was
// reported by watch.
func stopping(p *rig.Program, log string) func(context.Context) error {
	return func(ctx context.Context) error {
		if !programMember(p, log).alive() {
			return nil
		}
		if err := p.Stop(ctx); err != nil {
			return fmt.Errorf("%w; the end of its log:\n%s", err, parts.Tail(log))
		}
		return nil
	}
}
