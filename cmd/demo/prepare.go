package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/deploy/local/parts"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
)

// A demo is everything in place, before the first message.
type demo struct {
	options
	begun time.Time     // when the program started
	ready time.Duration // how long after that everything was in place

	corpus   *corpus.Corpus
	ground   *ground
	services *services
	board    *board
	changer  *changer
	members  []member
	visitors *visitors
	undo     *undo

	environment               string // path of demo.env
	sample, sampleCertificate string // paths
}

// scratchPrefix begins the names of demos' directories.
const scratchPrefix = "turnkey-demo-"

// prepare makes everything, as much of it at once as can be: servers beside the sample
// certificates, the schema beside topics, then the services beside the registrations.
func prepare(ctx context.Context, o options, u *undo, say func(string)) (*demo, error) {
	d := &demo{options: o, begun: time.Now(), undo: u}
	dir, err := parts.Scratch(scratchPrefix)
	if err != nil {
		return nil, err
	}
	u.add("remove the demo's directory", func(context.Context) error { return os.RemoveAll(dir) })

	making, inner := errgroup.WithContext(ctx)
	making.Go(func() (err error) { d.corpus, err = corpus.New(o.seed, time.Now()); return err })
	making.Go(func() (err error) { d.ground, err = lay(inner, o, dir, u, say); return err })
	if err := making.Wait(); err != nil {
		return nil, err
	}
	secrets, err := writeFiles(dir, d.ground.postgres, d.corpus.Issuers())
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.New(ctx, d.ground.postgres)
	if err != nil {
		return nil, errors.New("the database's URL can't be parsed") // it may hold a password
	}
	u.add("close the database", func(context.Context) error { pool.Close(); return nil })
	if err := d.foundations(ctx, pool); err != nil {
		return nil, err
	}
	if err := d.inhabit(ctx, dir, pool, secrets, u); err != nil {
		return nil, err
	}
	d.members = append(d.ground.members, d.services.members(dir)...)
	if d.environment, err = writeEnv(dir, d.ground, secrets); err != nil {
		return nil, err
	}
	if d.sample, d.sampleCertificate, err = writeSample(dir, d.corpus, o.seed); err != nil {
		return nil, fmt.Errorf("write a sample message: %w", err)
	}
	d.ready = time.Since(d.begun)
	return d, nil
}

// lay returns the ground that the options ask for.
func lay(ctx context.Context, o options, dir string, u *undo, say func(string)) (*ground, error) {
	if o.stack != "" {
		return stack(ctx, o.stack, u)
	}
	return embedded(ctx, dir, u, say)
}

// foundations makes schema and topics.
func (d *demo) foundations(ctx context.Context, pool *pgxpool.Pool) error {
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return postgres.Migrate(ctx, pool) })
	both.Go(func() error {
		return rig.CreateTopics(ctx, d.ground.kafka, d.ground.topics, d.ground.partitions, d.ground.replicas)
	})
	return both.Wait()
}

// inhabit registers the sample parties and starts the services.
func (d *demo) inhabit(ctx context.Context, dir string, pool *pgxpool.Pool, secrets files, u *undo) error {
	lookup, identity, err := secrets.Load()
	if err != nil {
		return err
	}
	store := postgres.NewStore(pool, lookup, identity)
	parties := d.corpus.Parties()
	d.board = newBoard(d.ground.topics, parties)
	var enrolled map[string]verifier.PartyID
	both, inner := errgroup.WithContext(ctx)
	both.Go(func() (err error) { d.services, err = startServices(inner, dir, d.ground, secrets, u); return err })
	both.Go(func() (err error) {
		if enrolled, err = rig.Enrol(inner, store, parties); err != nil {
			return err
		}
		d.changer, err = newChanger(inner, store, d.ground.kafka, d.board)
		return err
	})
	if err := both.Wait(); err != nil {
		return err
	}
	d.visitors = newVisitors(d.corpus, store, enrolled, d.services, dir)
	// A spare connection that no request was sent on would hold up a service's end.
	u.add("close connections", func(context.Context) error { http.DefaultClient.CloseIdleConnections(); return nil })
	u.add("close the changer's connections", func(context.Context) error { return d.changer.uploader.Close() })
	if d.ground.scraped != nil {
		return d.ground.scraped(d.services.gateway.Address, d.services.portal.Address)
	}
	return nil
}
