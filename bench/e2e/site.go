package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/deploy/local/addresses"
	"turnkey-gateway/deploy/local/parts"
	"turnkey-gateway/registry/postgres"
)

type options struct {
	stack, bin, results string
	messages            int
	revocations         int
	bound               int
	faults              []fault       // that the bound scenario draws from
	lasts               time.Duration // a flood
	seed                uint64
}

const partitions = 4

// A site is one scenario's own topics, group, database and Redis on the stack, with the
// sample parties registered, a portal running and a ledger that reads all outcomes.
type site struct {
	options
	*rig.System
	dir    string
	corpus *corpus.Corpus
	db     *pgxpool.Pool // the registry's database
	store  *postgres.Store
	ledger *rig.Ledger
	redis  *parts.Part
	server *parts.Part // PostgreSQL, where the scenario has its own
	portal rig.Server

	// watch is called for each first outcome, with how long after sending it came. Set
	// it before anything is sent.
	watch func(o rig.Outcome, latency time.Duration)

	undo []func() error // in order of doing

	mu       sync.Mutex
	produced map[int]int64          // highest source offset with an outcome, by partition
	diverted func(rig.Outcome) bool // takes outcomes that aren't the ledger's; may be nil
}

func openSite(ctx context.Context, o options, sc scenario) (s *site, err error) {
	s = &site{options: o, ledger: rig.NewLedger(), produced: make(map[int]int64)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	own := fmt.Sprintf("e2e-%s-%d", sc.name, time.Now().Unix())
	if s.dir, err = os.MkdirTemp("", "turnkey-"+own); err != nil {
		return s, err
	}
	s.undo = append(s.undo, func() error { return os.RemoveAll(s.dir) })
	stack, err := s.servers(ctx, sc)
	if err != nil {
		return s, err
	}
	s.System = &rig.System{
		Bin: o.bin, Dir: s.dir, Brokers: stack.Kafka, Group: own, RedisPrefix: "turnkey",
		Topics: rig.TopicsOf(own),
	}
	s.undo = append(s.undo, func() error { return rig.DeleteTopics(context.Background(), s.Brokers, s.Topics) })
	if err := rig.CreateTopics(ctx, s.Brokers, s.Topics, partitions, min(3, len(s.Brokers))); err != nil {
		return s, err
	}
	if sc.own {
		if err := rig.StampOutputs(ctx, s.Brokers, s.Topics, keepBytes); err != nil {
			return s, err
		}
	}
	if sc.hostile {
		if err := rig.Enlarge(ctx, s.Brokers, s.Topics, maxMessage); err != nil {
			return s, err
		}
	}
	if err := s.startRedis(ctx); err != nil {
		return s, err
	}
	if err := s.openRegistry(ctx, stack.Postgres, "e2e_"+sc.name+fmt.Sprint(time.Now().Unix())); err != nil {
		return s, err
	}
	if s.portal, err = s.StartPortal(ctx, "", ""); err != nil {
		return s, err
	}
	s.undo = append(s.undo, func() error { return stop(s.portal) })
	switch {
	case sc.own:
		s.follow(func(ctx context.Context) error { return rig.Stamped(ctx, s.Brokers, s.Topics, s.take) })
	case sc.hostile:
		s.follow(func(ctx context.Context) error {
			return rig.Outcomes(ctx, s.Brokers, s.Topics, hostilePartition, s.take)
		})
	default:
		s.follow(func(ctx context.Context) error { return rig.Outcomes(ctx, s.Brokers, s.Topics, partitions, s.take) })
	}
	return s, nil
}

// stop ends a program in order.
func stop(p rig.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return p.Stop(ctx)
}

// startRedis gives the site a Redis of its own, which a scenario may flush and stop.
func (s *site) startRedis(ctx context.Context) (err error) {
	s.redis, err = parts.Redis(ctx, parts.Options{Dir: filepath.Join(s.dir, "redis")})
	if err != nil {
		return err
	}
	s.Redis = s.redis.Addresses[0]
	s.undo = append(s.undo, func() error { return s.redis.Stop(context.Background()) })
	return nil
}

// keepBytes is how much of each partition a Kafka of the site's own keeps.
const keepBytes = 256 << 20

// servers are the stack's, or new ones of the site's own.
func (s *site) servers(ctx context.Context, sc scenario) (a addresses.Stack, err error) {
	if !sc.own {
		if a, err = addresses.Read(s.stack); err == nil && sc.hostile {
			a.Kafka, err = s.startLargeKafka(ctx)
		}
		return a, err
	}
	broker, err := parts.Kafka(ctx, parts.Options{Dir: filepath.Join(s.dir, "kafka")}, 1)
	if err != nil {
		return a, err
	}
	s.undo = append(s.undo, func() error { return broker.Stop(context.Background()) })
	a.Kafka = broker.Addresses
	if err := s.startPostgres(ctx); err != nil {
		return a, err
	}
	a.Postgres = s.server.Addresses[0]
	return a, nil
}

// startPostgres gives the site a PostgreSQL of its own, which a scenario may freeze and
// which keeps the moment of each commit.
func (s *site) startPostgres(ctx context.Context) error {
	options := parts.Options{Dir: filepath.Join(s.dir, "postgres")}
	part, err := parts.Postgres(ctx, options)
	if err != nil {
		return err
	}
	options.Dir = part.Dir // as root it is not where it was wanted
	s.undo = append(s.undo, func() error { return os.RemoveAll(part.Dir) })
	err = rig.Execute(ctx, part.Addresses[0], "ALTER SYSTEM SET track_commit_timestamp = on") // takes a restart
	if err = errors.Join(err, part.Stop(ctx)); err != nil {
		return err
	}
	if s.server, err = parts.Postgres(ctx, options); err != nil {
		return err
	}
	s.undo = append(s.undo, func() error { return s.server.Stop(context.Background()) })
	return nil
}

// openRegistry makes a database on that Postgres and enrols the sample parties.
func (s *site) openRegistry(ctx context.Context, admin, name string) error {
	address, drop, err := rig.CreateDatabase(ctx, admin, name)
	if err != nil {
		return err
	}
	s.undo = append(s.undo, func() error { return drop(context.Background()) })
	s.DatabaseFile = filepath.Join(s.dir, "database")
	if err := os.WriteFile(s.DatabaseFile, []byte(address+"\n"), 0o600); err != nil {
		return err
	}
	if s.Keys, err = rig.NewKeyFiles(s.dir); err != nil {
		return err
	}
	if s.corpus, err = corpus.New(s.seed, time.Now()); err != nil {
		return err
	}
	if s.db, s.store, err = rig.OpenRegistry(ctx, address, s.Keys, s.corpus.Parties()); err != nil {
		return err
	}
	s.undo = append(s.undo, func() error { s.db.Close(); return nil })
	return nil
}

// follow reads every outcome into the ledger until the site is closed.
func (s *site) follow(outcomes func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- outcomes(ctx) }()
	s.undo = append(s.undo, func() error { cancel(); return <-done })
}

// divert has take look at each outcome first; it returns true for those it keeps from
// the ledger.
func (s *site) divert(take func(rig.Outcome) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.diverted = take
}

func (s *site) take(o rig.Outcome) {
	s.mu.Lock()
	diverted := s.diverted
	s.mu.Unlock()
	if diverted != nil && diverted(o) {
		return
	}
	latency, first, err := s.ledger.Check(o, time.Now())
	if err != nil {
		fmt.Fprintln(os.Stderr, "deviation:", err)
		return
	}
	s.mu.Lock()
	s.produced[o.SourcePartition] = max(s.produced[o.SourcePartition], o.SourceOffset)
	s.mu.Unlock()
	if first && s.watch != nil {
		s.watch(o, latency)
	}
}

// uncommitted is how many records have an outcome on an output topic but no commit
// that covers them.
func (s *site) uncommitted(ctx context.Context) (int64, error) {
	committed, err := rig.Committed(ctx, s.Brokers, s.Group, s.Topics.Inbound, partitions)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var n int64
	for p, offset := range s.produced {
		n += max(0, offset+1-committed[p])
	}
	return n, nil
}

// settle waits until every message sent has an outcome.
func (s *site) settle(ctx context.Context, limit time.Duration) error {
	return rig.Eventually(ctx, "every message sent has an outcome", limit, func(context.Context) (bool, error) {
		t := s.ledger.Tally()
		return t.Missing() <= 0, fmt.Errorf("%d of %d have none", t.Missing(), t.Planned)
	})
}

// sound returns an error if any outcome deviated from its plan, or an offset went back.
func (s *site) sound(ctx context.Context) error {
	t := s.ledger.Tally()
	if t.Deviating > 0 {
		return fmt.Errorf("%d outcomes deviate, the first: %w", t.Deviating, t.First)
	}
	if t.Events != t.Planned {
		return fmt.Errorf("%d event ids for %d messages", t.Events, t.Planned)
	}
	return rig.NoneRewound(ctx, s.Brokers, s.Group)
}

func (s *site) close() (err error) {
	for i := len(s.undo) - 1; i >= 0; i-- {
		err = errors.Join(err, s.undo[i]())
	}
	return err
}
