package ingest

import (
	"strings"
	"testing"
)

// A log that lost its end to an unclean election, and got other records at those offsets,
// is not read on in: neither while the gateway runs nor by the next one, until a person
// has decided.
func TestUncleanElectionHalts(t *testing.T) {
	shared.start(t, "")
	w := newWorld(t, 1)
	const leader, stale = 0, 1
	w.brokers, w.stamps, w.replicas, w.inboundOn = shared.Addresses, true, 3, []int{leader + 1, stale + 1}
	w.create()
	w.alter(w.topics.Inbound, minInSync, "1")
	w.alter(w.topics.Inbound, "unclean.leader.election.enable", "true")
	inSync := func(n int) func() bool {
		return func() bool { return w.inSync(w.topics.Inbound, 0) == n }
	}
	sent := w.sendTo(10, 0)
	settled(t, "two replicas", inSync(2))
	shared.stop(t, stale)
	settled(t, "one replica", inSync(1))
	sent = append(sent, w.sendTo(10, 0)...) // only there
	g := w.start(Parts{}, nil)
	eventuallyCommitted(t, w, sent)

	shared.kill(t, leader)
	shared.restart(t, stale)
	if now := w.leader(w.topics.Inbound, 0, leader); now != stale {
		t.Fatalf("broker %d leads", now)
	}
	settled(t, "halted", func() bool { return count(g.metrics.halted) == 1 })
	if err := g.Ready(); err == nil || !strings.Contains(err.Error(), "the log was cut") || !strings.Contains(err.Error(), "offset 10 ") {
		t.Errorf("ready: %v", err)
	}
	g.stop()

	w.sendTo(20, 0) // past the offset that was committed
	next := w.start(Parts{}, nil)
	eventually(t, "halted again", func() bool { return count(next.metrics.halted) == 1 })
	if err := next.Ready(); err == nil || !strings.Contains(err.Error(), "the log was cut") {
		t.Errorf("ready: %v", err)
	}
	next.stop()
	if n, offset := w.stored(Rejected), w.committed()[0]; n != 20 || offset != 20 {
		t.Errorf("%d outcomes, committed %d", n, offset)
	}

	w.setOffset(10, "")
	w.start(Parts{}, nil)
	eventually(t, "goes on from where it was told to", func() bool { return w.stored(Rejected) == 40 && w.committed()[0] == 30 })
}
