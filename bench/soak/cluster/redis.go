package cluster

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/registry/rediscache"
	"turnkey-gateway/verifier"
)

var redisFaults = []kind{
	{"redis-flushed", []resource{theRedis}, flushRedis},
	{"redis-paused", []resource{theRedis}, pauseRedis},
	{"redis-restarted", []resource{theRedis}, restartRedis},
	{"redis-killed", []resource{theRedis}, killRedis},
	{"redis-garbage", []resource{theRedis, theGateways}, fillWithGarbage},
	{"redis-forged", []resource{theRedis, theGateways}, forge},
	{"redis-replayed", []resource{theRedis, theGateways, theRelay}, replay},
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
		rig.Sleep(ctx, between(rng, 10*time.Millisecond, 200*time.Millisecond))
	}
	return n, nil
}

func pauseRedis(ctx context.Context, p *play, rng *mathrand.Rand) (int, error) {
	return p.freeze(ctx, rng, p.redisServer().Processes[0].PID, between(rng, 500*time.Millisecond, 6*time.Second))
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
	p.traffic.passEnding(ctx, rng, between(rng, 100*time.Millisecond, 5*time.Second))
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
// their own metrics, and for longer than a certificate's end may be missed. One gateway
// starts meanwhile: it remembers nothing that would keep it from asking Redis.
func (p *play) poison(ctx context.Context, rng *mathrand.Rand, lie func(context.Context, *redis.Client, *mathrand.Rand) error, met ...[]string) (int, error) {
	client := p.redisClient()
	defer client.Close()
	own := mathrand.New(mathrand.NewPCG(rng.Uint64(), 1)) // of the goroutine that lies
	lying, stop := context.WithCancel(ctx)
	told := make(chan struct{})
	go func() {
		defer close(told)
		for lying.Err() == nil {
			attempt, cancel := context.WithTimeout(lying, time.Second)
			_ = lie(attempt, client, own) // Redis or Postgres may be away, by another fault
			cancel()
			rig.Sleep(lying, 50*time.Millisecond)
		}
	}()
	defer func() { stop(); <-told }()

	before := p.metFaults(ctx, met)
	p.traffic.passEnding(ctx, rng, between(rng, time.Second, 3*time.Second))
	n := p.metSince(ctx, met, before)
	if err := p.renew(ctx, p.victim(rng)); err != nil {
		return n, err
	}
	fresh := p.metFaults(ctx, met)
	p.traffic.passEnding(ctx, rng, rig.EndBound+between(rng, time.Second, 3*time.Second))
	_ = rig.Eventually(ctx, "gateways meet what was put into Redis", patience, func(ctx context.Context) (bool, error) {
		return n+p.metSince(ctx, met, fresh) > 0, nil
	})
	return n + p.metSince(ctx, met, fresh), nil
}

// renew replaces a gateway by a new one and waits until that is in its group.
func (p *play) renew(ctx context.Context, g *gateway) error {
	if err := g.term(ctx); err != nil {
		return err
	}
	return g.ensure(ctx)
}

// metSince is how much more gateways have met.
func (p *play) metSince(ctx context.Context, met [][]string, before []int) (n int) {
	for i, now := range p.metFaults(ctx, met) {
		n += max(0, now-before[i])
	}
	return n
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
	return p.poison(ctx, rng, func(ctx context.Context, client *redis.Client, rng *mathrand.Rand) error {
		all, err := p.snapshots(ctx, client)
		if err != nil {
			return err
		}
		for _, c := range all {
			switch rng.IntN(4) {
			case 0: // another type
				err = errors.Join(client.Del(ctx, c.key).Err(), client.LPush(ctx, c.key, "x").Err())
			case 1: // cut short
				err = client.Set(ctx, c.key, c.value[:rng.IntN(len(c.value)+1)], time.Minute).Err()
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

// forge puts well-formed lies into Redis: snapshots in which every certificate is in force
// and heartbeats that vouch for them, sealed with another key; one sender's snapshot at
// another's key; true ones in which one bit was changed.
func forge(ctx context.Context, p *play, rng *mathrand.Rand) (int, error) {
	var key keyfile.Key
	_, _ = rand.Read(key[:])
	return p.poison(ctx, rng, func(ctx context.Context, client *redis.Client, rng *mathrand.Rand) error {
		all, err := p.snapshots(ctx, client)
		if err != nil || len(all) == 0 {
			return err
		}
		if rng.IntN(2) == 0 {
			return p.resurrect(ctx, rediscache.NewWriter(client, p.keys(), key, time.Second), all)
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
		if err != nil {
			return err
		}
		return p.tell(ctx, client, flipped(rng, beat))
	}, []string{"turnkey_cache_heartbeats_total", "bad_mac"}, []string{"turnkey_lookup_beliefs_total", "bad_mac"})
}

// resurrect writes what Redis holds of these senders anew, with every end undone and of a
// later version than there is.
func (p *play) resurrect(ctx context.Context, w *rediscache.Writer, held []cached) error {
	const later = 1000
	var senders []registry.LookupHash
	for _, c := range held {
		var sender registry.LookupHash
		if n, err := hex.Decode(sender[:], []byte(c.key[strings.LastIndexByte(c.key, ':')+1:])); err == nil && n == len(sender) {
			senders = append(senders, sender)
		}
	}
	read, epoch, version, err := p.reader.Snapshots(ctx, senders)
	if err != nil {
		return err
	}
	var lies []*registry.Snapshot
	for _, s := range read {
		s.Version += later
		for i := range s.Registrations {
			s.Registrations[i].State, s.Registrations[i].EndedAt = verifier.InForce, time.Time{}
		}
		lies = append(lies, &s)
	}
	if err := w.Apply(ctx, lies, nil); err != nil {
		return err
	}
	return w.Beat(ctx, rediscache.Heartbeat{Epoch: epoch, At: time.Now(), Version: version + later, Covers: version + later})
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
// back, heartbeats too, of which there are no newer ones while the relay is stopped.
func replay(ctx context.Context, p *play, rng *mathrand.Rand) (int, error) {
	client := p.redisClient()
	defer client.Close()
	var old []cached
	var beat string
	changes := p.traffic.changes.Load()
	err := rig.Eventually(ctx, "there is something to be replayed", patience, func(ctx context.Context) (done bool, err error) {
		if old, err = p.snapshots(ctx, client); err != nil || len(old) == 0 {
			return false, err
		}
		beat, err = client.Get(ctx, p.keys().Heartbeat()).Result()
		return err == nil, err
	})
	if err == nil {
		err = rig.Eventually(ctx, "certificates end", patience, func(context.Context) (bool, error) {
			return p.traffic.changes.Load() >= changes+2, nil
		})
	}
	if err != nil {
		return 0, err
	}
	if rng.IntN(2) == 0 {
		portal := p.relay.program()
		if err := portal.Signal(syscall.SIGSTOP); err != nil {
			return 0, err
		}
		defer func() { _ = portal.Signal(syscall.SIGCONT) }() // an error means that it has ended, which is noticed
	}
	return p.poison(ctx, rng, func(ctx context.Context, client *redis.Client, _ *mathrand.Rand) error {
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
