// Package cluster is the world of the fault harness that is made of the real programs: a
// cluster of three Apache Kafka brokers, PostgreSQL, Redis, bin/portal that relays and
// bin/gateway, each a process of its own, with a TCP proxy between every program of ours
// and each server it needs.
//
// Traffic and audit go to the brokers directly: what they see is not under test. The
// clocks of the programs can't be moved here; that is for the embedded world.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/bench/soak/trial"
	"turnkey-gateway/bench/wire"
	"turnkey-gateway/deploy/local/parts"
	"turnkey-gateway/registry/postgres"
)

const (
	brokers    = 3
	slots      = 2 // gateways at once
	partitions = 4
)

// session is the gateways': the shortest they take, so that the dead are soon replaced.
const session = 6 * time.Second

// brokerSettings have the cluster notice a dead broker within a seed.
var brokerSettings = []string{
	"broker.session.timeout.ms=4000",
	"broker.heartbeat.interval.ms=500",
	"replica.lag.time.max.ms=4000",
	"log.cleaner.enable=false", // commits are read back whole
}

// brokerJava has a broker start with less work: none runs long enough to repay more.
var brokerJava = []string{"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"}

// Options say what a world is made of.
type Options struct {
	// Bin holds the programs portal and gateway (make build). Required.
	Bin string

	// Dir gets the servers' data and everybody's logs. Empty: a temporary directory,
	// removed by Close.
	Dir string

	// Progress tells a person what takes long; nil is silent.
	Progress func(line string)
}

// A World is one cluster with one registry, kept from seed to seed; topics, group and the
// parties whose certificates change are new for each.
type World struct {
	bin, dir string
	undo     []func() error // in order of doing

	kafka *parts.KafkaCluster
	admin *kgo.Client // to the brokers directly
	slots [slots]*slot

	mu       sync.Mutex
	redis    *parts.Part // guarded by mu; replaced when it is started anew
	postgres *parts.Part // guarded by mu

	relay  *relay
	store  *postgres.Store
	reader *postgres.Reader
	stored *wire.Wire // from store to Postgres
	corpus *corpus.Corpus

	trials int
}

// A slot is where one gateway at a time runs: its proxies.
type slot struct {
	system          *rig.System // without the names of topics and group
	kafka           []*wire.Wire
	redis, postgres *wire.Wire
}

var _ trial.World = (*World)(nil)

// Open starts everything but gateways; it takes half a minute. Programs and servers end
// with the caller.
func Open(ctx context.Context, o Options) (trial.World, error) {
	w, err := open(ctx, o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the cluster world: %w", err), w.Close())
	}
	return w, nil
}

func open(ctx context.Context, o Options) (w *World, err error) {
	w = &World{bin: o.Bin, dir: o.Dir}
	if w.dir == "" {
		if w.dir, err = parts.Scratch("turnkey-soak-"); err != nil {
			return w, err
		}
		w.undo = append(w.undo, func() error { return os.RemoveAll(w.dir) })
	}
	if err := w.layWires(); err != nil {
		return w, err
	}
	if err := w.startServers(ctx, o); err != nil {
		return w, err
	}
	if err := w.openRegistry(ctx); err != nil {
		return w, err
	}
	return w, w.relay.start(ctx)
}

// Close implements trial.World.
func (w *World) Close() (err error) {
	for _, undo := range slices.Backward(w.undo) {
		err = errors.Join(err, undo())
	}
	w.undo = nil
	return err
}

// nowhere is what wires lead to until the servers are there.
const nowhere = "127.0.0.1:1"

func (w *World) layWires() error {
	var errs []error
	lay := func(p wire.Protocol) *wire.Wire {
		l, err := wire.Listen(nowhere, p)
		if err != nil {
			errs = append(errs, err)
			return nil
		}
		w.undo = append(w.undo, l.Close)
		return l
	}
	for i := range w.slots {
		s := &slot{redis: lay(wire.Bytes), postgres: lay(wire.Bytes)}
		for range brokers {
			s.kafka = append(s.kafka, lay(wire.Kafka))
		}
		w.slots[i] = s
	}
	w.relay = &relay{redis: lay(wire.Bytes), postgres: lay(wire.Bytes)}
	w.stored = lay(wire.Bytes)
	return errors.Join(errs...)
}

func (w *World) startServers(ctx context.Context, o Options) error {
	var advertised [][]string
	for _, s := range w.slots {
		var way []string
		for _, l := range s.kafka {
			way = append(way, l.Addr)
		}
		advertised = append(advertised, way)
	}
	group, starting := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		w.kafka, err = parts.StartKafka(starting, parts.KafkaOptions{
			Options: parts.Options{Dir: filepath.Join(w.dir, "kafka"), Progress: o.Progress},
			Brokers: brokers, Advertised: advertised, Java: brokerJava,
			Settings: func(int) []string { return brokerSettings },
		})
		return err
	})
	group.Go(func() error { return w.startRedis(starting) })
	group.Go(func() error { return w.startPostgres(starting, filepath.Join(w.dir, "postgres")) })
	err := group.Wait()
	w.undo = append(w.undo, w.stopServers)
	if err != nil {
		return err
	}
	for i, s := range w.slots {
		for j, l := range s.kafka {
			l.Retarget(w.kafka.Ways[i][j])
		}
	}
	w.admin, err = kgo.NewClient(kgo.SeedBrokers(w.kafka.Addresses...), kgo.MetadataMinAge(100*time.Millisecond))
	if err != nil {
		return err
	}
	w.undo = append(w.undo, func() error { w.admin.Close(); return nil })
	return nil
}

func (w *World) stopServers() (err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []*parts.Part
	for _, p := range []*parts.Part{w.redis, w.postgres} {
		if p != nil {
			all = append(all, p)
		}
	}
	if w.kafka != nil {
		all = append(all, w.kafka.Part)
	}
	errs := make([]error, len(all))
	var stopping sync.WaitGroup
	for i, p := range all {
		stopping.Go(func() { errs[i] = p.Stop(context.Background()) })
	}
	stopping.Wait()
	if p := w.postgres; p != nil && p.Dir != filepath.Join(w.dir, "postgres") {
		errs = append(errs, os.RemoveAll(p.Dir)) // root's server has its data elsewhere
	}
	return errors.Join(errs...)
}

// startRedis starts a new, empty Redis on a new port and has the wires lead there.
func (w *World) startRedis(ctx context.Context) error {
	p, err := parts.Redis(ctx, parts.Options{Dir: filepath.Join(w.dir, "redis")})
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.redis = p
	w.mu.Unlock()
	for _, l := range w.wires(toRedis) {
		l.Retarget(p.Addresses[0])
	}
	return nil
}

// startPostgres starts a Postgres on a new port, with the data in dir, and has the wires
// lead there.
func (w *World) startPostgres(ctx context.Context, dir string) error {
	p, err := parts.Postgres(ctx, parts.Options{Dir: dir})
	if err != nil {
		return err
	}
	address, err := url.Parse(p.Addresses[0])
	if err != nil {
		return errors.New("the URL of Postgres can't be parsed")
	}
	w.mu.Lock()
	w.postgres = p
	w.mu.Unlock()
	for _, l := range w.wires(toPostgres) {
		l.Retarget(address.Host)
	}
	return nil
}

func (w *World) redisServer() *parts.Part {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.redis
}

func (w *World) postgresServer() *parts.Part {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.postgres
}

// A dependency is a server as one program sees it.
type dependency int

const (
	toKafka dependency = iota
	toRedis
	toPostgres
)

// wires are all that lead to Redis or to Postgres, the store's too.
func (w *World) wires(to dependency) (all []*wire.Wire) {
	for _, s := range w.slots {
		all = append(all, s.to(to)...)
	}
	if to == toRedis {
		return append(all, w.relay.redis)
	}
	return append(all, w.relay.postgres, w.stored)
}

// to are the wires of a slot that lead to a dependency.
func (s *slot) to(d dependency) []*wire.Wire {
	switch d {
	case toKafka:
		return s.kafka
	case toRedis:
		return []*wire.Wire{s.redis}
	default:
		return []*wire.Wire{s.postgres}
	}
}

const database = "soak"

// openRegistry makes the database and the keys, enrols the sample parties and tells all
// programs where everything is.
func (w *World) openRegistry(ctx context.Context) error {
	made, _, err := rig.CreateDatabase(ctx, w.postgresServer().Addresses[0], database)
	if err != nil {
		return err
	}
	address, err := url.Parse(made)
	if err != nil {
		return errors.New("the URL of Postgres can't be parsed")
	}
	keys, err := rig.NewKeyFiles(w.dir)
	if err != nil {
		return err
	}
	over := func(l *wire.Wire) string {
		through := *address
		through.Host = l.Addr
		return through.String()
	}
	common := rig.System{Bin: w.bin, Dir: w.dir, RedisPrefix: "soak", Keys: keys, Session: session}
	place := func(name string, redis, postgres *wire.Wire) (*rig.System, error) {
		s := common
		s.Redis, s.DatabaseFile = redis.Addr, filepath.Join(w.dir, name+".database")
		return &s, os.WriteFile(s.DatabaseFile, []byte(over(postgres)+"\n"), 0o600)
	}
	for i, s := range w.slots {
		if s.system, err = place(fmt.Sprint("slot", i), s.redis, s.postgres); err != nil {
			return err
		}
		for _, l := range s.kafka {
			s.system.Brokers = append(s.system.Brokers, l.Addr)
		}
	}
	if w.relay.system, err = place("relay", w.relay.redis, w.relay.postgres); err != nil {
		return err
	}
	w.undo = append(w.undo, w.relay.stop)

	if w.corpus, err = corpus.New(1, time.Now()); err != nil {
		return err
	}
	pool, store, err := rig.OpenRegistry(ctx, over(w.stored), keys, w.corpus.Parties())
	if err != nil {
		return err
	}
	w.undo = append(w.undo, func() error { pool.Close(); return nil })
	w.store, w.reader = store, postgres.NewReader(pool)
	return nil
}
