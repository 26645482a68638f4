package postgres_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

// TestVersionsAreInCommitOrder polls the changes while eight writers make them: each
// version must turn up once, in order and without a gap, though transactions end in
// any order they like. Some are rolled back late, and may leave no hole.
func TestVersionsAreInCommitOrder(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	const writers, each = 8, 25
	var writing errgroup.Group
	for range writers {
		writing.Go(func() error {
			for i := range each {
				_, _, err := w.store.CreateParty(t.Context(), registrytest.Operator, registry.Identifier{Kind: verifier.Account, Value: account()})
				if err != nil {
					return err
				}
				if i%5 == 0 {
					if err := w.abandonChange(t.Context()); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var seen registry.Version
	for seen < writers*each {
		changes, _, current, err := w.store.Changes(ctx, seen, 7)
		w.must(err)
		for _, c := range changes {
			if c.Version != seen+1 {
				t.Fatalf("version %d after %d", c.Version, seen)
			}
			seen = c.Version
		}
		if len(changes) < 7 && current != seen {
			t.Fatalf("the last of %d changes is version %d, but the clock shows %d", len(changes), seen, current)
		}
	}
	w.must(writing.Wait())
	if _, current := w.clock(); current != writers*each {
		t.Errorf("the clock shows %d after %d changes", current, writers*each)
	}
}

// abandonChange ticks the clock and rolls back.
func (w *world) abandonChange(ctx context.Context) error {
	tx, err := w.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx)
	_, err = tx.Exec(ctx, "UPDATE registry_clock SET version = version + 1")
	return err
}

// TestUncommittedChangeIsInvisible holds a change open: no reader may see its version,
// and no other change may overtake it.
func TestUncommittedChangeIsInvisible(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	_, before := w.clock()
	tx, err := w.pool.Begin(t.Context())
	w.must(err)
	defer tx.Rollback(t.Context())
	_, err = tx.Exec(t.Context(), "UPDATE registry_clock SET version = version + 1")
	w.must(err)

	if _, current := w.clock(); current != before {
		t.Errorf("the clock shows %d during a change after %d", current, before)
	}
	hurried, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, _, err = w.store.CreateParty(hurried, registrytest.Operator, registry.Identifier{Kind: verifier.Account, Value: account()})
	if err == nil {
		t.Error("a change overtook one that holds the clock")
	}
}

// TestSnapshotsAreOfTheirVersion reads one account's snapshots while its party, and
// others, change: each must hold exactly the registrations that its version has.
func TestSnapshotsAreOfTheirVersion(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	party, name := w.party()
	_, start := w.clock()

	var mu sync.Mutex
	counts := map[registry.Version]int{start: 0} // guarded by mu
	writing, ctx := errgroup.WithContext(t.Context())
	writing.Go(func() error {
		for i := range 40 {
			_, version, err := w.store.Register(ctx, registrytest.Operator, signing(party, w.certificate()))
			if err != nil {
				return err
			}
			mu.Lock()
			counts[version] = i + 1
			mu.Unlock()
		}
		return nil
	})
	for range 3 {
		writing.Go(func() error {
			for range 40 {
				_, _, err := w.store.CreateParty(ctx, registrytest.Operator, registry.Identifier{Kind: verifier.Account, Value: account()})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	done := make(chan error, 1)
	go func() { done <- writing.Wait() }()

	seen := make(map[registry.Version]int)
	for finished := false; !finished; {
		select {
		case err := <-done:
			w.must(err)
			finished = true
		default:
		}
		s := w.snapshot(name)
		seen[s.Version] = len(s.Registrations)
	}
	versions := slices.Sorted(maps.Keys(counts))
	for version, got := range seen {
		i, exact := slices.BinarySearch(versions, version)
		if !exact {
			i--
		}
		if want := counts[versions[i]]; got != want {
			t.Errorf("the snapshot of version %d has %d registrations, want %d", version, got, want)
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d versions were met: the reader didn't run beside the writers", len(seen))
	}
}

// TestChangesAreAnnounced listens as the relay does.
func TestChangesAreAnnounced(t *testing.T) {
	url := registrytest.Database(t)
	w := newWorld(t, url)
	listener, err := pgx.Connect(t.Context(), url)
	w.must(err)
	defer listener.Close(context.Background())
	_, err = listener.Exec(t.Context(), "LISTEN "+registry.ChangesChannel)
	w.must(err)
	w.must(w.abandonChange(t.Context())) // what is rolled back is not announced

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for range 3 {
		_, version, err := w.store.CreateParty(ctx, registrytest.Operator, registry.Identifier{Kind: verifier.Account, Value: account()})
		w.must(err)
		notice, err := listener.WaitForNotification(ctx)
		w.must(err)
		if notice.Payload != strconv.FormatUint(uint64(version), 10) {
			t.Errorf("announced %q, want %d", notice.Payload, version)
		}
	}
}

// TestAuditNamesEveryDeed compares the audit log with what was done.
func TestAuditNamesEveryDeed(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	party, _ := w.party()
	cert, successor := w.certificate(), w.certificate()
	w.register(signing(party, cert))
	_, _, err := w.store.Revoke(t.Context(), "system:crl", cert.Fingerprint(), registry.Unspecified)
	w.must(err)
	w.register(signing(party, successor))
	rows, err := w.pool.Query(t.Context(), `
		SELECT concat_ws(' ', actor, action, party = $1, coalesce(encode(fingerprint, 'hex'), '-'), version)
		FROM audit_log ORDER BY id`, party)
	w.must(err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.must(err)
	want := []string{
		"operator:test party_created t - 1",
		fmt.Sprintf("operator:test registered t %s 2", cert.Fingerprint()),
		fmt.Sprintf("system:crl revoked t %s 3", cert.Fingerprint()),
		fmt.Sprintf("operator:test registered t %s 4", successor.Fingerprint()),
	}
	if !slices.Equal(got, want) {
		t.Errorf("audit log\n got %q\nwant %q", got, want)
	}
}
