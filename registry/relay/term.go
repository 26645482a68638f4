package relay

import (
	"context"
	"math"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/rediscache"
)

const (
	// changesPerRound bounds the changes read at once.
	changesPerRound = 1024

	// sendersPerQuery bounds the snapshots read, and held in memory, at once.
	sendersPerQuery = 256
)

// A term is what an active relay knows: how far it has got. It begins knowing nothing.
type term struct {
	relay *Relay
	began time.Time

	known   bool // whether the following are set
	epoch   registry.Epoch
	applied registry.Version // every change up to it is in Redis
	ring    ring

	// behind is whether the last round left changes that it had seen.
	behind bool
}

// round carries changes to Redis and, if it caught up, sends a heartbeat. After an
// error it can be made again: what it had done is done again.
func (t *term) round(ctx context.Context) error {
	if !t.known {
		if err := t.begin(ctx); err != nil {
			return err
		}
	}
	at := t.relay.now() // before Postgres is read: the heartbeat's T
	changes, epoch, current, err := t.read(ctx, t.applied, changesPerRound)
	if err != nil {
		return err
	}
	if epoch != t.epoch {
		t.relay.log.Warn("the registry has a new epoch: every cache starts anew", "epoch", epoch, "version", current)
		t.known = false
		t.behind = true
		return nil
	}
	if err := t.inOrder(changes, current); err != nil {
		t.known = false
		return err
	}
	if err := t.apply(ctx, changes); err != nil {
		return err
	}
	for _, c := range changes {
		t.ring.add(c)
		t.applied = c.Version
	}
	t.relay.metrics.changes.Add(float64(len(changes)))
	if t.behind = t.applied < current; t.behind {
		return nil // a heartbeat now would deny the changes that are still to come
	}
	return t.beat(ctx, at, changes)
}

// begin finds where to begin: as far back as a heartbeat can list, since the last relay
// may have stopped anywhere.
func (t *term) begin(ctx context.Context) error {
	_, epoch, current, err := t.read(ctx, math.MaxInt64, 1) // the clock alone
	if err != nil {
		return err
	}
	t.epoch = epoch
	t.applied = current - min(current, rediscache.MaxChanges)
	t.ring = ring{covers: t.applied}
	t.known = true
	return nil
}

func (t *term) read(ctx context.Context, after registry.Version, limit int) ([]registry.Change, registry.Epoch, registry.Version, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	changes, epoch, current, err := t.relay.registry.Changes(ctx, after, limit)
	if err != nil {
		return nil, "", 0, failed(kindPostgres, "relay: %w", err)
	}
	return changes, epoch, current, nil
}

// inOrder refuses changes that can't be all there are: then no heartbeat may be sent,
// and every gateway reads Postgres until the cause is found.
func (t *term) inOrder(changes []registry.Change, current registry.Version) error {
	next := t.applied
	for _, c := range changes {
		if next++; c.Version != next {
			return failed(kindOrder, "relay: registry version %d follows %d: changes are missing; begin a new epoch", c.Version, next-1)
		}
	}
	if current < next || len(changes) < changesPerRound && current > next {
		return failed(kindOrder, "relay: the registry is at version %d after %d was read: a restore without a new epoch?", current, next)
	}
	return nil
}

// apply writes the present snapshots of all senders that the changes touch.
func (t *term) apply(ctx context.Context, changes []registry.Change) error {
	var senders []registry.LookupHash
	seen := make(map[registry.LookupHash]bool)
	for _, c := range changes {
		for _, s := range c.Senders {
			if !seen[s] {
				seen[s] = true
				senders = append(senders, s)
			}
		}
	}
	for first := 0; first < len(senders); first += sendersPerQuery {
		if err := t.applyTo(ctx, senders[first:min(first+sendersPerQuery, len(senders))]); err != nil {
			return err
		}
	}
	return nil
}

func (t *term) applyTo(ctx context.Context, senders []registry.LookupHash) error {
	bounded, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	rows, _, _, err := t.relay.registry.Snapshots(bounded, senders)
	if err != nil {
		return failed(kindPostgres, "relay: %w", err)
	}
	snapshots := make([]*registry.Snapshot, len(rows))
	exists := make(map[registry.LookupHash]bool, len(rows))
	for i := range rows {
		snapshots[i] = &rows[i]
		exists[rows[i].Sender] = true
	}
	var gone []registry.LookupHash
	for _, s := range senders {
		if !exists[s] {
			gone = append(gone, s)
		}
	}
	if err := t.relay.writer.Apply(ctx, snapshots, gone); err != nil {
		return failed(kindRedis, "relay: %w", err)
	}
	t.relay.metrics.snapshots.WithLabelValues("written").Add(float64(len(snapshots)))
	t.relay.metrics.snapshots.WithLabelValues("removed").Add(float64(len(gone)))
	return nil
}

// beat sends a heartbeat for the moment at.
func (t *term) beat(ctx context.Context, at time.Time, changes []registry.Change) error {
	err := t.relay.writer.Beat(ctx, rediscache.Heartbeat{
		Epoch: t.epoch, At: at, Version: t.applied, Covers: t.ring.covers, Changes: t.ring.changes,
	})
	if err != nil {
		return failed(kindRedis, "relay: %w", err)
	}
	t.relay.beatAt.Store(at.UnixNano())
	t.relay.metrics.applied.Set(float64(t.applied))
	now := t.relay.now()
	for _, c := range changes {
		if c.At.After(t.began) {
			t.relay.metrics.delay.Observe(now.Sub(c.At).Seconds())
		}
	}
	return nil
}
