package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"turnkey-gateway/registry/rediscache"
)

var redisFaults = []kind{
	{"redis-flushed", []resource{theRedis}, flushRedis},
	{"redis-paused", []resource{theRedis}, pauseRedis},
	{"redis-restarted", []resource{theRedis}, restartRedis},
	{"redis-killed", []resource{theRedis}, killRedis},
	{"redis-garbage", []resource{theRedis}, fillWithGarbage},
	{"redis-forged", []resource{theRedis}, forge},
	{"redis-replayed", []resource{theRedis}, replay},
}

// redisClient is a client of the server as it is now, to be closed.
func (p *play) redisClient() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: p.redisServer().Addresses[0], Protocol: 2, MaxRetries: 1, DisableIdentity: true})
}

func (p *play) keys() rediscache.Keys { return rediscache.NewKeys(p.relay.system.RedisPrefix) }

func flushRedis(ctx context.Context, p *play, rng *mathrand.Rand) (n int, err error) {
	client := p.redisClient()
	defer client.Close()
	for range 1 + rng.IntN(20) {
		size, err := client.DBSize(ctx).Result()
		if err == nil {
			err = client.FlushAll(ctx).Err()
		}
		if err != nil {
			return n, err
		}
		n += int(size)
		pass(ctx, between(rng, 10*time.Millisecond, 200*time.Millisecond))
	}
	return n, nil
}

func pauseRedis(ctx context.Context, p *play, rng *mathrand.Rand) (int, error) {
	pid := p.redisServer().Processes[0].PID
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return 0, err
	}
	sent := p.traffic.sent.Load()
	pass(ctx, between(rng, 500*time.Millisecond, 6*time.Second))
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		return 0, err
	}
	return int(p.traffic.sent.Load() - sent), nil
}

func restartRedis(ctx context.Context, p *play, rng *mathrand.Rand) (int, error) {
	return p.renewRedis(ctx, rng, p.redisServer().Stop)
}

func killRedis(ctx context.Context, p *play, rng *mathrand.Rand) (int, error) {
	return p.renewRedis(ctx, rng, p.redisServer().Processes[0].Kill)
}

// renewRedis ends Redis and starts an empty one a while later, elsewhere.
func (p *play) renewRedis(ctx context.Context, rng *mathrand.Rand, end func(context.Context) error) (int, error) {
	if err := end(ctx); err != nil {
		return 0, err
	}
	pass(ctx, between(rng, 100*time.Millisecond, 5*time.Second))
	ctx, cancel := undoing(ctx)
	defer cancel()
	return 1, p.startRedis(ctx)
}

// A cached value is one that our programs keep in Redis.
type cached struct{ key, value string }

// snapshots returns all that is kept of senders.
func (p *play) snapshots(ctx context.Context, client *redis.Client) (all []cached, err error) {
	keys, err := client.Keys(ctx, p.relay.system.RedisPrefix+":{registry}:sender:*").Result()
	if err != nil {
		return nil, err
	}
	slices.Sort(keys)
	for _, key := range keys {
		value, err := client.Get(ctx, key).Result()
		if err == nil {
			all = append(all, cached{key, value})
		}
	}
	return all, nil
}

// tell puts a heartbeat where gateways hear and read it.
func (p *play) tell(ctx context.Context, client *redis.Client, heartbeat string) error {
	key := p.keys().Heartbeat()
	return errors.Join(client.Set(ctx, key, heartbeat, time.Minute).Err(), client.Publish(ctx, key, heartbeat).Err())
}

// poison writes lies again and again until gateways have met some, which it counts by
// their own metrics, and for a while at least.
func (p *play) poison(ctx context.Context, rng *mathrand.Rand, lie func(*redis.Client) error, met ...[]string) (int, error) {
	client := p.redisClient()
	defer client.Close()
	began, least := time.Now(), between(rng, time.Second, 4*time.Second)
	before := p.metFaults(ctx, met)
	n := 0
	err := p.eventually(ctx, "gateways meet what was put into Redis", patience, func(ctx context.Context) (bool, error) {
		if err := lie(client); err != nil {
			return false, err
		}
		n = 0
		for i, now := range p.metFaults(ctx, met) {
			n += max(0, now-before[i])
		}
		return n > 0 && time.Since(began) > least, nil
	})
	if n > 0 {
		err = nil
	}
	return n, err
}

// metFaults reads counters of the gateways, 0 where none runs. A gateway that was started
// meanwhile begins anew, and is believed to have met nothing.
func (p *play) metFaults(ctx context.Context, met [][]string) (counts []int) {
	for _, g := range p.gateways {
		for _, m := range met {
			n := 0.0
			if server := g.running(); server != nil {
				n, _ = server.Counter(ctx, m[0], m[1:]...)
			}
			counts = append(counts, int(n))
		}
	}
	return counts
}

func fillWithGarbage(ctx context.Context, p *play, rng *mathrand.Rand) (int, error) {
	return p.poison(ctx, rng, func(client *redis.Client) error {
		all, err := p.snapshots(ctx, client)
		if err != nil {
			return err
		}
		for _, c := range all {
			switch rng.IntN(4) {
			case 0: // another type
				err = errors.Join(client.Del(ctx, c.key).Err(), client.LPush(ctx, c.key, "x").Err())
			case 1: // cut short
				err = client.Set(ctx, c.key, c.value[:rng.IntN(len(c.value))], time.Minute).Err()
			default:
				err = client.Set(ctx, c.key, garbage(rng), time.Minute).Err()
			}
			if err != nil {
				return err
			}
		}
		return p.tell(ctx, client, garbage(rng))
	}, []string{"turnkey_cache_heartbeats_total", "garbage", "bad_mac"}, []string{"turnkey_lookup_beliefs_total", "garbage", "bad_mac"})
}

func garbage(rng *mathrand.Rand) string {
	b := make([]byte, rng.IntN(3000))
	_, _ = rand.Read(b)
	return string(b)
}

// forge puts well-formed lies into Redis: one sender's snapshot at another's key, and
// snapshots and heartbeats that were changed without the key that seals them.
func forge(ctx context.Context, p *play, rng *mathrand.Rand) (int, error) {
	return p.poison(ctx, rng, func(client *redis.Client) error {
		all, err := p.snapshots(ctx, client)
		if err != nil {
			return err
		}
		for i, c := range all {
			value := all[rng.IntN(len(all))].value
			if i%2 == 0 {
				value = flipped(rng, c.value)
			}
			if err := client.Set(ctx, c.key, value, time.Minute).Err(); err != nil {
				return err
			}
		}
		beat, err := client.Get(ctx, p.keys().Heartbeat()).Result()
		if errors.Is(err, redis.Nil) {
			return nil // not there yet, after a restart
		}
		if err != nil {
			return err
		}
		return p.tell(ctx, client, flipped(rng, beat))
	}, []string{"turnkey_cache_heartbeats_total", "bad_mac"}, []string{"turnkey_lookup_beliefs_total", "bad_mac"})
}

// flipped is a value with one bit changed before its HMAC.
func flipped(rng *mathrand.Rand, value string) string {
	const mac = 32
	b := []byte(value)
	if len(b) > mac {
		b[rng.IntN(len(b)-mac)] ^= 1 << rng.IntN(8)
	}
	return string(b)
}

// replay keeps what Redis holds, waits until certificates were ended, and puts all of it
// back, heartbeats too, while those of now are swallowed as well as can be.
func replay(ctx context.Context, p *play, rng *mathrand.Rand) (int, error) {
	client := p.redisClient()
	var old []cached
	var beat string
	changes := p.traffic.changes.Load()
	err := p.eventually(ctx, "there is something to be replayed", patience, func(ctx context.Context) (done bool, err error) {
		if old, err = p.snapshots(ctx, client); err != nil || len(old) == 0 {
			return false, err
		}
		beat, err = client.Get(ctx, p.keys().Heartbeat()).Result()
		return err == nil, err
	})
	if err == nil {
		err = p.eventually(ctx, "certificates end", patience, func(context.Context) (bool, error) {
			return p.traffic.changes.Load() >= changes+2, nil
		})
	}
	if err := errors.Join(err, client.Close()); err != nil {
		return 0, fmt.Errorf("prepare: %w", err)
	}
	return p.poison(ctx, rng, func(client *redis.Client) error {
		for _, c := range old {
			if err := client.Set(ctx, c.key, c.value, time.Minute).Err(); err != nil {
				return err
			}
		}
		// The version applied that gateways' own writes heed is turned back too.
		if err := client.Del(ctx, p.keys().Applied()).Err(); err != nil {
			return err
		}
		return p.tell(ctx, client, beat)
	}, []string{"turnkey_cache_heartbeats_total", "stale"})
}
