package postgres_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

func identityKey(w *world, names ...string) *registry.IdentityKey {
	w.Helper()
	keys := make([]keyfile.Key, len(names))
	for i, name := range names {
		keys[i] = sha256.Sum256([]byte("rotation " + name))
	}
	key, err := registry.NewIdentityKey(keys[0], keys[1:]...)
	w.must(err)
	return key
}

// under is a store on the same registry with other identity keys, the current one first.
func (w *world) under(names ...string) *postgres.Store {
	return postgres.NewStore(w.pool, registrytest.LookupKey(), identityKey(w, names...))
}

// A person is one whose data is sealed in every table.
type person struct {
	party   verifier.PartyID
	id      string
	profile registry.Profile
	session registry.SessionID
}

// sealPerson stores personal data in every table that holds any.
func (w *world) sealPerson(s *postgres.Store) person {
	w.Helper()
	p := person{id: newNationalID(), profile: registry.Profile{ContactName: "王小明", Phone: account()}}
	a := w.newAccount("97162640")
	a.Category, a.Attribute, a.Name, a.Proved = registry.Person, "citizen", account(), registry.Identifier{Kind: verifier.NationalID, Value: p.id}
	a.Profile, a.Claims = p.profile, []registry.Identifier{{Kind: verifier.NationalID, Value: newNationalID()}}
	var err error
	p.party, _, err = s.OpenAccount(w.Context(), registrytest.Operator, a)
	w.must(err)
	_, session, err := s.BeginSession(w.Context(), hour)
	w.must(err)
	p.session = session.ID
	w.must(s.SaveDraft(w.Context(), p.session, "register", p.id))
	w.must(s.Enqueue(w.Context(), registry.Mail{To: "a@example.test", Subject: p.id}))
	return p
}

// perPerson is how many values sealPerson seals.
const perPerson = 5

// check fails the test unless a store reads all of a person's data.
func (p person) check(w *world, s *postgres.Store) {
	w.Helper()
	party, err := s.Party(w.Context(), p.party)
	w.must(err)
	var shown string
	for _, identifier := range party.Identifiers {
		if identifier.Kind == verifier.NationalID {
			shown = identifier.Shown
		}
	}
	_, profile, err := s.Account(w.Context(), p.party)
	w.must(err)
	claims, err := s.Claims(w.Context(), p.party)
	w.must(err)
	var draft string
	w.must(s.Draft(w.Context(), p.session, "register", &draft))
	if shown != registry.MaskNationalID(p.id) || profile.Phone != p.profile.Phone || len(claims) != 1 || draft != p.id {
		w.Errorf("read %q, %+v, %+v, %q", shown, profile, claims, draft)
	}
}

// sealUnnamed is how values were sealed before they named their key.
func sealUnnamed(w *world, name, place, plain string) []byte {
	w.Helper()
	key := sha256.Sum256([]byte("rotation " + name))
	block, err := aes.NewCipher(key[:])
	w.must(err)
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	w.must(err)
	return gcm.Seal([]byte{1}, nil, []byte(plain), []byte(place))
}

// insertNational stores a national id of a party in a form of the test's making.
func (w *world) insertNational(party verifier.PartyID, id string, seal func(registry.LookupHash) []byte) {
	w.Helper()
	lookup := registrytest.LookupKey().Hash(verifier.NationalID, id)
	w.must(w.execAll(`INSERT INTO identifiers (lookup, party, kind, sealed) VALUES (@lookup, @party, 'national', @sealed)`,
		pgx.NamedArgs{"lookup": lookup[:], "party": party, "sealed": seal(lookup)}))
}

func TestRotation(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	first, second := w.sealPerson(w.under("one")), w.sealPerson(w.under("two", "one"))
	old, _ := w.party()
	unnamed := newNationalID()
	w.insertNational(old, unnamed, func(lookup registry.LookupHash) []byte {
		return sealUnnamed(w, "one", registry.SealContext(old, lookup), unnamed)
	})
	current := w.under("three", "two", "one")
	third := w.sealPerson(current)

	var last, total int64
	rotation, err := current.Rotate(t.Context(), registrytest.Operator, func(done, of int64) { last, total = done, of })
	w.must(err)
	if rotation.Resealed != 2*perPerson+1 || rotation.Left != 0 || len(rotation.Unreadable) != 0 || last != total || last != rotation.Resealed {
		t.Errorf("%+v, %d of %d", rotation, last, total)
	}
	alone := w.under("three")
	for _, p := range []person{first, second, third} {
		p.check(w, alone)
	}
	if p, err := alone.Party(t.Context(), old); err != nil || !strings.HasSuffix(fmt.Sprint(p.Identifiers), registry.MaskNationalID(unnamed)+"}]") {
		t.Errorf("%v, %v", p, err)
	}
	for range 3 {
		if found, err := alone.SendNext(t.Context(), func(context.Context, registry.Mail) error { return nil }); err != nil || !found {
			t.Errorf("a mail was not read: %v, %v", found, err)
		}
	}
	entries, err := w.store.AuditEntries(t.Context(), registry.AuditQuery{Limit: 1})
	w.must(err)
	want := fmt.Sprintf("key=%x resealed=%d left=0", identityKey(w, "three").ID(), rotation.Resealed)
	if entries[0].Action != registry.IdentityRotated || entries[0].Detail != want {
		t.Errorf("audited as %+v", entries[0])
	}
	if again, err := alone.Rotate(t.Context(), registrytest.Operator, nil); err != nil || again.Resealed != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// TestRotationGoesOn cuts a rotation short after each batch.
func TestRotationGoesOn(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	p := w.sealPerson(w.under("one"))
	const many = 1200 // more than two batches
	other, _ := w.party()
	key := identityKey(w, "one")
	lookups, sealed := make([][]byte, many), make([][]byte, many)
	for i := range many {
		lookup := registrytest.LookupKey().Hash(verifier.NationalID, fmt.Sprint(i))
		lookups[i], sealed[i] = lookup[:], key.Seal(other, lookup, "A123456789")
	}
	w.must(w.execAll(`INSERT INTO identifiers (lookup, party, kind, sealed) SELECT lookup, @party, 'national', sealed FROM unnest(@lookups::bytea[], @sealed::bytea[]) AS x (lookup, sealed)`,
		pgx.NamedArgs{"party": other, "lookups": lookups, "sealed": sealed}))

	current := w.under("two", "one")
	var resealed int64
	runs := 0
	for left := int64(many + perPerson); left > 0; runs++ {
		ctx, cancel := context.WithCancel(t.Context())
		rotation, err := current.Rotate(ctx, registrytest.Operator, func(int64, int64) { cancel() })
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if rotation.Left != left-rotation.Resealed || rotation.Resealed == 0 {
			t.Fatalf("run %d: %+v, %d were left", runs, rotation, left)
		}
		left, resealed = rotation.Left, resealed+rotation.Resealed
	}
	if runs != 7 || resealed != many+perPerson { // three batches of identifiers, four tables
		t.Errorf("%d values in %d runs", resealed, runs)
	}
	p.check(w, w.under("two"))
	report, err := w.store.VerifyAudit(t.Context(), nil)
	w.must(err)
	if report.Broken != 0 {
		t.Error(report.Why)
	}
}

// TestRotationLeavesWhatItCannotOpen leaves the older key out.
func TestRotationLeavesWhatItCannotOpen(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	lost := w.sealPerson(w.under("lost"))
	p := w.sealPerson(w.under("one"))
	current := w.under("two", "one")
	rotation, err := current.Rotate(t.Context(), registrytest.Operator, nil)
	w.must(err)
	if rotation.Resealed != perPerson || rotation.Left != perPerson || len(rotation.Unreadable) != perPerson {
		t.Errorf("%+v", rotation)
	}
	if places := strings.Join(rotation.Unreadable, "; "); !strings.Contains(places, "identifiers, party "+string(lost.party)) || strings.Contains(places, lost.id) {
		t.Errorf("it names %s", places)
	}
	p.check(w, w.under("two"))
	lost.check(w, w.under("lost"))
}

// TestRotationLosesNoChange changes a profile between its reading and its writing.
func TestRotationLosesNoChange(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	p := w.sealPerson(w.under("one"))
	change, err := w.pool.Begin(t.Context())
	w.must(err)
	defer change.Rollback(context.Background())
	_, err = change.Exec(t.Context(), `SELECT FROM accounts WHERE party = $1 FOR UPDATE`, p.party)
	w.must(err)
	type result struct {
		postgres.Rotation
		err error
	}
	done := make(chan result, 1)
	go func() {
		rotation, err := w.under("two", "one").Rotate(t.Context(), registrytest.Operator, nil)
		done <- result{rotation, err}
	}()
	w.waiting("UPDATE accounts") // it has read the profile, and waits for the row
	p.profile.Phone = "02-87654321"
	plain, err := json.Marshal(p.profile)
	w.must(err)
	_, err = change.Exec(t.Context(), `UPDATE accounts SET profile = $2 WHERE party = $1`,
		p.party, identityKey(w, "one").SealBytes("turnkey profile\x00"+string(p.party), plain))
	w.must(err)
	w.must(change.Commit(t.Context()))
	got := <-done
	w.must(got.err)
	if got.Resealed != perPerson-1 || got.Left != 1 {
		t.Errorf("%+v, want the profile left", got.Rotation)
	}
	again, err := w.under("two", "one").Rotate(t.Context(), registrytest.Operator, nil)
	w.must(err)
	if again.Resealed != 1 || again.Left != 0 {
		t.Errorf("again: %+v", again)
	}
	p.check(w, w.under("two"))
}

// waiting returns once a statement with these words waits for a lock.
func (w *world) waiting(words string) {
	w.Helper()
	for waits := false; !waits; time.Sleep(time.Millisecond) {
		w.must(w.pool.QueryRow(w.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%')`, words).Scan(&waits))
	}
}
