package lookup

import (
	"context"
	"fmt"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/rediscache"
)

// resolve answers for each hash, with nothing older than since, and names the deepest
// level it went to. What memory doesn't have is fetched once, by whichever caller comes
// first; the others wait and look into memory again. A caller lands its own flight before
// it waits for others, so that no two wait for each other.
func (l *Lookup) resolve(ctx context.Context, hashes []registry.LookupHash, since time.Time) ([]answer, string, error) {
	answers := make([]answer, len(hashes))
	level := levelMemory
	open := make([]int, len(hashes))
	for i := range open {
		open[i] = i
	}
	for {
		if open = l.remember(hashes, open, answers, since); len(open) == 0 {
			return answers, level, nil
		}
		if !since.IsZero() { // a flight may have begun before it, and no copy is young enough
			return answers, levelPostgres, l.present(ctx, hashes, open, answers)
		}
		own, mine, theirs, others := l.flights.join(hashes, open)
		if len(mine) > 0 {
			deepest, err := l.fetch(ctx, hashes, mine, answers)
			l.flights.land(own, hashes, mine, err, ctx.Err() != nil)
			if err != nil {
				return nil, "", err
			}
			level = deepest
		}
		if err := wait(ctx, others); err != nil {
			return nil, "", err
		}
		open = theirs
	}
}

// wait returns when the flights of other callers are over. Their errors are ours,
// unless it was only the other caller that gave up.
func wait(ctx context.Context, others []*flight) error {
	for _, other := range others {
		select {
		case <-other.landed:
			if other.err != nil && !other.gaveUp {
				return other.err
			}
		case <-ctx.Done():
			return fmt.Errorf("look up senders: %w", ctx.Err())
		}
	}
	return nil
}

// remember answers from memory, with nothing older than since, and returns the indices
// that it can't answer.
func (l *Lookup) remember(hashes []registry.LookupHash, open []int, answers []answer, since time.Time) []int {
	heard, now := l.cache.Heard(), l.now()
	var left []int
	met := make(map[rediscache.Belief]int, 2) // to find a counter takes longer than to look into memory
	for n, e := range l.memory.get(hashes, open) {
		i := open[n]
		if e == nil {
			left = append(left, i)
			continue
		}
		a, belief := e.worth(heard, now)
		met[belief]++
		if a.entry == nil || a.asOf.Before(since) {
			left = append(left, i)
			continue
		}
		answers[i] = a
	}
	for belief, n := range met {
		l.metrics.beliefs.WithLabelValues(levelMemory, string(belief)).Add(float64(n))
	}
	l.metrics.senders.WithLabelValues(levelMemory).Add(float64(len(open) - len(left)))
	return left
}

// fetch answers from Redis, and for the rest from Postgres, for the given indices.
func (l *Lookup) fetch(ctx context.Context, hashes []registry.LookupHash, indices []int, answers []answer) (level string, err error) {
	left := l.fetchCached(ctx, hashes, indices, answers)
	if len(left) == 0 {
		return levelRedis, nil
	}
	return levelPostgres, l.fetchTrue(ctx, hashes, left, answers)
}

// fetchCached answers from Redis, and returns the indices that it can't answer.
func (l *Lookup) fetchCached(ctx context.Context, hashes []registry.LookupHash, indices []int, answers []answer) (left []int) {
	found, err := l.cache.Read(ctx, pick(hashes, indices))
	if err != nil {
		return indices // counted by the cache: Redis being away only costs a query
	}
	heard, now := l.cache.Heard(), l.now()
	for n, cached := range found {
		i := indices[n]
		belief := rediscache.Belief(cached.Fault)
		if s := cached.Snapshot; s != nil {
			belief = heard.Believes(s.Sender, s.Epoch, s.Version, now)
		}
		l.metrics.beliefs.WithLabelValues(levelRedis, string(belief)).Inc()
		if belief != rediscache.Believed {
			left = append(left, i)
			continue
		}
		e := l.prepare(cached.Snapshot, time.Time{})
		answers[i] = answer{e, e.confirm(cached.Snapshot.Version, heard.Version), heard.AsOf()}
		l.memory.put(e)
	}
	l.metrics.senders.WithLabelValues(levelRedis).Add(float64(len(indices) - len(left)))
	return left
}

// fetchTrue answers from Postgres, with one query, and puts what it learnt into memory
// and Redis.
func (l *Lookup) fetchTrue(ctx context.Context, hashes []registry.LookupHash, indices []int, answers []answer) error {
	entries, rows, err := l.read(ctx, querySnapshots, pick(hashes, indices))
	if err != nil {
		return fmt.Errorf("look up senders: %w", err)
	}
	for n, i := range indices {
		answers[i] = entries[n].own()
	}
	fill := make([]*registry.Snapshot, len(rows))
	for i := range rows {
		fill[i] = &rows[i]
	}
	// Its errors are counted by the cache, and cost the next reader a query.
	_ = l.cache.Fill(ctx, fill)
	return nil
}

// read reads an entry for each sender from Postgres, with one query of that name, and
// keeps them in memory.
func (l *Lookup) read(ctx context.Context, name string, senders []registry.LookupHash) (entries []*entry, rows []registry.Snapshot, err error) {
	readAt := l.now()
	var (
		epoch   registry.Epoch
		version registry.Version
	)
	err = l.query(ctx, name, func(ctx context.Context) (err error) {
		rows, epoch, version, err = l.database.Snapshots(ctx, senders)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	snapshots := make(map[registry.LookupHash]*registry.Snapshot, len(rows))
	for i := range rows {
		snapshots[rows[i].Sender] = &rows[i]
	}
	entries = make([]*entry, len(senders))
	for i, sender := range senders {
		s := snapshots[sender]
		if s == nil {
			s = &registry.Snapshot{Sender: sender, Epoch: epoch, Version: version}
		}
		entries[i] = l.prepare(s, readAt)
		l.memory.put(entries[i])
	}
	l.metrics.senders.WithLabelValues(levelPostgres).Add(float64(len(rows)))
	l.metrics.senders.WithLabelValues(levelMiss).Add(float64(len(senders) - len(rows)))
	return entries, rows, nil
}

// query runs one query under the time-out and counts it.
func (l *Lookup) query(ctx context.Context, name string, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, l.queryTimeout)
	defer cancel()
	l.metrics.queries.WithLabelValues(name).Inc()
	began := l.now()
	err := do(ctx)
	l.metrics.queried.WithLabelValues(name).Observe(l.now().Sub(began).Seconds())
	if err != nil {
		l.metrics.failures.WithLabelValues(name).Inc()
	}
	return err
}

// prepare makes an entry of a snapshot.
func (l *Lookup) prepare(s *registry.Snapshot, readAt time.Time) *entry {
	e := &entry{hash: s.Sender, party: s.Party, epoch: s.Epoch, readAt: readAt}
	e.version.Store(uint64(s.Version))
	if !e.known() {
		return e
	}
	e.holds = holdsAny(l.key.Hash, s.Identifiers)
	e.registrations = registrationsOf(s, l.certificates.of, func(row registry.RegistrationRow, err error) {
		l.metrics.unusable.Inc()
		l.log.Error("a registered certificate can't be parsed and is left out",
			"party", s.Party, "fingerprint", row.Fingerprint, "error", err)
	})
	return e
}

func pick(hashes []registry.LookupHash, indices []int) []registry.LookupHash {
	picked := make([]registry.LookupHash, len(indices))
	for n, i := range indices {
		picked[n] = hashes[i]
	}
	return picked
}
