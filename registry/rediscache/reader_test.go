package rediscache_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/registry/rediscache"
	"turnkey-gateway/registry/rediscache/redistest"
)

var (
	cacheKey = keyfile.Key{31: 1}
	alice    = registry.LookupHash{0: 1}
	bob      = registry.LookupHash{0: 2}
	keys     = rediscache.NewKeys("")
)

// A clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newReader(t *testing.T, addr string, now func() time.Time) *rediscache.Reader {
	t.Helper()
	// Long enough for a busy machine; that time-outs are kept has a test of its own.
	client := rediscache.NewClient([]string{addr}, 2*time.Second)
	t.Cleanup(func() { client.Close() })
	return rediscache.NewReader(rediscache.ReaderConfig{
		Client: client, Keys: keys, Key: cacheKey, Timeout: 2 * time.Second, Now: now, Metrics: prometheus.NewRegistry(),
	})
}

func newWriter(s *redistest.Server, key keyfile.Key) *rediscache.Writer {
	return rediscache.NewWriter(s.Client, keys, key, 2*time.Second)
}

func snapshot(sender registry.LookupHash, version registry.Version) *registry.Snapshot {
	return &registry.Snapshot{Sender: sender, Party: "P-AAAAAAAAAAAAAAAA", Epoch: "e", Version: version}
}

// readOne returns what the reader finds for alice.
func readOne(t *testing.T, r *rediscache.Reader) rediscache.Entry {
	t.Helper()
	entries, err := r.Read(t.Context(), []registry.LookupHash{alice})
	if err != nil {
		t.Fatal(err)
	}
	return entries[0]
}

func TestReaderRefusesWhatNobodyOfOursWrote(t *testing.T) {
	server := redistest.Start(t)
	ours, theirs := newWriter(server, cacheKey), newWriter(server, keyfile.Key{31: 2})
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	set := func(value any) { must(server.Client.Set(ctx, keys.Sender(alice), value, 0).Err()) }
	tests := []struct {
		name string
		do   func()
		want rediscache.Fault
	}{
		{"untouched", func() { must(ours.Apply(ctx, []*registry.Snapshot{snapshot(alice, 5)}, nil)) }, ""},
		{"removed", func() { must(ours.Apply(ctx, nil, []registry.LookupHash{alice})) }, rediscache.Absent},
		{"sealed with another key", func() { must(theirs.Apply(ctx, []*registry.Snapshot{snapshot(alice, 5)}, nil)) }, rediscache.BadMAC},
		{"another sender's put in its place", func() {
			must(ours.Apply(ctx, []*registry.Snapshot{snapshot(bob, 5)}, nil))
			must(server.Client.Copy(ctx, keys.Sender(bob), keys.Sender(alice), 0, true).Err())
		}, rediscache.BadMAC},
		{"a heartbeat in its place", func() {
			must(ours.Beat(ctx, rediscache.Heartbeat{Epoch: "e", At: time.Now()}))
			must(server.Client.Copy(ctx, keys.Heartbeat(), keys.Sender(alice), 0, true).Err())
		}, rediscache.BadMAC},
		{"text", func() { set("hello, this is not a snapshot, but it is long enough") }, rediscache.BadMAC},
		{"one byte", func() { set("x") }, rediscache.Garbage},
		{"a hundred megabytes", func() { set(bytes.Repeat([]byte("x"), 100<<20)) }, rediscache.Garbage},
		{"a list", func() {
			must(server.Client.Del(ctx, keys.Sender(alice)).Err())
			must(server.Client.LPush(ctx, keys.Sender(alice), "x").Err())
		}, rediscache.Garbage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.do()
			got := readOne(t, newReader(t, server.Addr, nil))
			if got.Fault != tt.want || (got.Snapshot != nil) != (tt.want == "") {
				t.Errorf("found %+v, want fault %q", got, tt.want)
			}
		})
	}
}

func TestHeartbeatsThatChangeNothing(t *testing.T) {
	server := redistest.Start(t)
	at := &clock{now: time.Now()}
	good := rediscache.Heartbeat{Epoch: "e", At: at.Now(), Version: 9}
	beat := func(edit func(*rediscache.Heartbeat)) rediscache.Heartbeat {
		h := good
		edit(&h)
		return h
	}
	tests := []struct {
		name string
		key  keyfile.Key
		beat rediscache.Heartbeat
	}{
		{"an older one put back", cacheKey, beat(func(h *rediscache.Heartbeat) { h.At, h.Version = h.At.Add(-time.Millisecond), 8 })},
		{"one from too far ahead", cacheKey, beat(func(h *rediscache.Heartbeat) { h.At, h.Version = h.At.Add(2*time.Second), 10 })},
		{"one sealed with another key", keyfile.Key{31: 2}, beat(func(h *rediscache.Heartbeat) { h.At, h.Version = h.At.Add(time.Millisecond), 10 })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newReader(t, server.Addr, at.Now)
			if err := newWriter(server, cacheKey).Beat(t.Context(), good); err != nil {
				t.Fatal(err)
			}
			readOne(t, r)
			if h := r.Heard(); h == nil || h.Version != 9 {
				t.Fatalf("heard %+v, want version 9", h)
			}
			if err := newWriter(server, tt.key).Beat(t.Context(), tt.beat); err != nil {
				t.Fatal(err)
			}
			at.Add(600 * time.Millisecond) // late enough for the next one to be fetched
			defer at.Add(-600 * time.Millisecond)
			readOne(t, r)
			if h := r.Heard(); h.Version != 9 {
				t.Errorf("heard version %d, want 9 still", h.Version)
			}
		})
	}
}

func TestHeartbeatsAreHeardAtOnceAndAlsoWithoutASubscription(t *testing.T) {
	server := redistest.Start(t)
	r := newReader(t, server.Addr, nil)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx) })
	defer running.Wait()
	defer stop()

	w := newWriter(server, cacheKey)
	heard := func(version registry.Version) {
		t.Helper()
		deadline := time.Now().Add(10 * time.Second)
		for ; r.Heard() == nil || r.Heard().Version != version; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("heartbeat of version %d isn't heard", version)
			}
			if err := w.Beat(t.Context(), rediscache.Heartbeat{Epoch: "e", At: time.Now(), Version: version}); err != nil {
				t.Fatal(err)
			}
		}
	}
	heard(1)
	if err := server.Client.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Err(); err != nil {
		t.Fatal(err)
	}
	heard(2)
	server.Stop(t)
	server.Start(t)
	heard(3)

	// Only kept, never published.
	value, err := server.Client.Get(t.Context(), keys.Heartbeat()).Result()
	if err != nil {
		t.Fatal(err)
	}
	deaf := newReader(t, server.Addr, nil)
	if err := server.Client.Set(t.Context(), keys.Heartbeat(), value, 0).Err(); err != nil {
		t.Fatal(err)
	}
	readOne(t, deaf)
	if h := deaf.Heard(); h == nil || h.Version != 3 {
		t.Errorf("heard %+v, want version 3", h)
	}
}

func TestFillYieldsToTheRelay(t *testing.T) {
	server := redistest.Start(t)
	w := newWriter(server, cacheKey)
	r := newReader(t, server.Addr, nil)
	tests := []struct {
		name    string
		epoch   registry.Epoch // of the relay
		applied registry.Version
		want    rediscache.Fault
	}{
		{"relay behind", "e", 4, ""},
		{"relay level", "e", 5, ""},
		{"relay further", "e", 6, rediscache.Absent},
		{"relay in another epoch", "e2", 4, rediscache.Absent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server.Client.FlushAll(t.Context())
			if err := w.Beat(t.Context(), rediscache.Heartbeat{Epoch: tt.epoch, At: time.Now(), Version: tt.applied}); err != nil {
				t.Fatal(err)
			}
			if err := r.Fill(t.Context(), []*registry.Snapshot{snapshot(alice, 5)}); err != nil {
				t.Fatal(err)
			}
			if got := readOne(t, r).Fault; got != tt.want {
				t.Errorf("fault %q, want %q", got, tt.want)
			}
		})
	}
	server.Client.FlushAll(t.Context())
	if err := r.Fill(t.Context(), []*registry.Snapshot{snapshot(alice, 5), snapshot(bob, 5)}); err != nil {
		t.Fatal(err)
	}
	if got := readOne(t, r); got.Snapshot == nil || got.Snapshot.Version != 5 {
		t.Errorf("without a relay: %+v, want version 5", got)
	}
}

// TestSilentRedisCostsOneTimeoutASecond asks a server that takes connections and never
// answers.
func TestSilentRedisCostsOneTimeoutASecond(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	const timeout = 50 * time.Millisecond
	client := rediscache.NewClient([]string{silent.Addr().String()}, timeout)
	defer client.Close()
	at := &clock{now: time.Now()}
	r := rediscache.NewReader(rediscache.ReaderConfig{Client: client, Keys: keys, Key: cacheKey, Timeout: timeout, Now: at.Now})
	ask := func() error {
		_, err := r.Read(t.Context(), []registry.LookupHash{alice})
		return err
	}
	began := time.Now()
	if err := ask(); err == nil || errors.Is(err, rediscache.ErrLeftAlone) {
		t.Fatalf("first: %v, want a time-out", err)
	}
	if took := time.Since(began); took > 20*timeout {
		t.Errorf("the time-out took %v, configured as %v", took, timeout)
	}
	for range 100 {
		if err := ask(); !errors.Is(err, rediscache.ErrLeftAlone) {
			t.Fatalf("within the second: %v, want ErrLeftAlone", err)
		}
	}
	at.Add(time.Second)
	if err := ask(); err == nil || errors.Is(err, rediscache.ErrLeftAlone) {
		t.Errorf("a second later: %v, want a time-out", err)
	}
}

func TestCallerThatGivesUpDoesNotBlameRedis(t *testing.T) {
	server := redistest.Start(t)
	r := newReader(t, server.Addr, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Read(ctx, []registry.LookupHash{alice}); err == nil {
		t.Fatal("no error although the context had ended")
	}
	if got := readOne(t, r).Fault; got != rediscache.Absent {
		t.Errorf("the next caller got %q", got)
	}
}
