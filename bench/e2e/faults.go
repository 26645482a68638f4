package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"

	"time"

	"github.com/redis/go-redis/v9"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/deploy/local/parts"
	"turnkey-gateway/registry/rediscache"
)

// A fault is something that is done to a part for a while and then mended. Strike returns
// after that; an error means that the fault did not strike, or could not be mended.
type fault struct {
	name        string // in the results
	target      string // an episode has at most one fault of a target
	least, most time.Duration
	strike      func(b *bound, ctx context.Context, lasts time.Duration) error
}

func (f fault) called() string { return f.name }

// faults are what a storm draws from. A frozen gateway's session ends or not, and it may
// wake with records that it has judged and not produced.
var faults = []fault{
	{"relay killed", "relay", 200 * time.Millisecond, 6 * time.Second, (*bound).killRelay},
	{"relay frozen", "relay", 500 * time.Millisecond, 8 * time.Second, (*bound).freezeRelay},
	{"Redis frozen", "redis", 500 * time.Millisecond, 8 * time.Second, (*bound).freezeRedis},
	{"Redis stopped and started", "redis", 200 * time.Millisecond, 6 * time.Second, (*bound).restartRedis},
	{"Redis flushed again and again", "redis", time.Second, 5 * time.Second, (*bound).flushRedis},
	{"older heartbeat and snapshots put back again and again", "redis", 2 * time.Second, 7 * time.Second, (*bound).replayRedis},
	{"gateway killed", "gateway", 50 * time.Millisecond, 2 * time.Second, (*bound).killGateway},
	{"gateway frozen", "gateway", 2 * time.Second, 8 * time.Second, (*bound).freezeGateway},
	{"second gateway joins and leaves", "second gateway", time.Second, 5 * time.Second, (*bound).joinGateway},
	{"PostgreSQL frozen", "postgres", time.Second, 8 * time.Second, (*bound).freezePostgres},
}

// An episode is one or two faults and the moments of some revocations about them. Times
// are from the episode's beginning.
type episode struct {
	strikes []strike
	revokes []time.Duration
}

type strike struct {
	fault
	at, lasts time.Duration
}

// witnessesEach is how many certificates are revoked in one episode: just before a fault
// strikes, as it does, and while it lasts.
const witnessesEach = 3

// before is from an episode's beginning to its first fault.
const before = 300 * time.Millisecond

// drawEpisode draws an episode with the nth fault in it, so that all have their turn.
func drawEpisode(rng *rand.Rand, faults []fault, n int) episode {
	between := func(least, most time.Duration) time.Duration { return least + rand64(rng, most-least) }
	first := faults[n%len(faults)]
	e := episode{strikes: []strike{{first, before, between(first.least, first.most)}}}
	others := slices.DeleteFunc(slices.Clone(faults), func(f fault) bool { return f.target == first.target })
	if rng.IntN(2) == 0 && len(others) > 0 {
		second := others[rng.IntN(len(others))]
		e.strikes = append(e.strikes, strike{second, before + between(0, time.Second), between(second.least, second.most)})
	}
	e.revokes = []time.Duration{
		between(0, before),
		before + between(0, 200*time.Millisecond),
		before + between(0, e.strikes[0].lasts),
	}
	return e
}

func rand64(rng *rand.Rand, below time.Duration) time.Duration {
	return time.Duration(rng.Int64N(int64(max(below, 1))))
}

func (e episode) String() string {
	text := ""
	for _, s := range e.strikes {
		text += fmt.Sprintf("%s at %v for %v; ", s.name, s.at.Round(time.Millisecond), s.lasts.Round(time.Millisecond))
	}
	return text + fmt.Sprint("revocations at ", e.revokes)
}

func (b *bound) killRelay(ctx context.Context, lasts time.Duration) error {
	b.portal.Kill()
	if err := rig.Sleep(ctx, lasts); err != nil {
		return err
	}
	portal, err := b.StartPortal(ctx, "", "")
	if err != nil {
		return err
	}
	b.portal = portal
	return nil
}

func (b *bound) freezeRelay(ctx context.Context, lasts time.Duration) error {
	return freeze(ctx, b.portal.PID(), lasts)
}

func (b *bound) freezeRedis(ctx context.Context, lasts time.Duration) error {
	return freeze(ctx, b.redis.Processes[0].PID, lasts)
}

func (b *bound) freezePostgres(ctx context.Context, lasts time.Duration) error {
	return freeze(ctx, b.server.Processes[0].PID, lasts)
}

func (b *bound) freezeGateway(ctx context.Context, lasts time.Duration) error {
	return freeze(ctx, b.gateway.PID(), lasts)
}

func (b *bound) restartRedis(ctx context.Context, lasts time.Duration) error {
	if err := b.redis.Stop(ctx); err != nil {
		return err
	}
	if err := rig.Sleep(ctx, lasts); err != nil {
		return err
	}
	_, text, err := net.SplitHostPort(b.System.Redis)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	part, err := parts.Redis(ctx, parts.Options{Dir: b.redis.Dir, Port: port})
	if err != nil {
		return err
	}
	b.redis = part
	return nil
}

func (b *bound) flushRedis(ctx context.Context, lasts time.Duration) error {
	client := redis.NewClient(&redis.Options{Addr: b.System.Redis})
	defer client.Close()
	flushed := int64(0)
	for until := time.Now().Add(lasts); time.Now().Before(until); {
		n, err := client.DBSize(ctx).Result()
		if err == nil {
			err = client.FlushAll(ctx).Err()
		}
		if err != nil {
			return err
		}
		flushed += n
		if err := rig.Sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	if flushed == 0 {
		return errors.New("there was nothing to flush")
	}
	return nil
}

// replayRedis puts the heartbeat and the witnesses' snapshots of its beginning back, and
// publishes the heartbeat: a Redis that was turned back, or lies.
func (b *bound) replayRedis(ctx context.Context, lasts time.Duration) error {
	client := redis.NewClient(&redis.Options{Addr: b.System.Redis})
	defer client.Close()
	keys := rediscache.NewKeys(b.RedisPrefix)
	lookup, _, err := b.Keys.Load()
	if err != nil {
		return err
	}
	names := []string{keys.Heartbeat()}
	for _, w := range b.current {
		names = append(names, keys.Sender(lookup.Account(w.account)))
	}
	old, err := client.MGet(ctx, names...).Result()
	if err != nil {
		return err
	}
	for i, value := range old {
		if value == nil {
			return fmt.Errorf("nothing is at %s that could be put back", names[i])
		}
	}
	var heard int64
	for until := time.Now().Add(lasts); time.Now().Before(until); {
		pipe := client.Pipeline()
		for i, value := range old {
			pipe.Set(ctx, names[i], value, time.Minute)
		}
		published := pipe.Publish(ctx, keys.Heartbeat(), old[0])
		if _, err := pipe.Exec(ctx); err != nil {
			return err
		}
		heard += published.Val()
		if err := rig.Sleep(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	if heard == 0 {
		return errors.New("nobody heard the old heartbeat")
	}
	return nil
}

func (b *bound) killGateway(ctx context.Context, lasts time.Duration) error {
	b.gateway.Kill()
	if err := rig.Sleep(ctx, lasts); err != nil {
		return err
	}
	gateway, err := b.StartGateway(ctx, "gateway", "", "")
	if err != nil {
		return err
	}
	b.gateway = gateway
	return nil
}

func (b *bound) joinGateway(ctx context.Context, lasts time.Duration) error {
	second, err := b.StartGateway(ctx, "second", "", "")
	if err != nil {
		return err
	}
	err = rig.Sleep(ctx, lasts)
	if err == nil {
		_, err = awaitVerdicts(ctx, second, 1)
	}
	return errors.Join(err, stop(second))
}
