package postgres_test

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// A world is a registry and authorities to fill it from.
type world struct {
	*testing.T
	store *postgres.Store
	pool  *pgxpool.Pool
	pki   *verifiertest.PKI
	now   time.Time
}

func newWorld(t *testing.T, databaseURL string) *world {
	t.Helper()
	now := time.Now()
	pki, err := verifiertest.NewPKI(randomSeed(), now)
	if err != nil {
		t.Fatal(err)
	}
	pool := registrytest.Pool(t, databaseURL)
	return &world{t, registrytest.StoreOn(t, pool), pool, pki, now}
}

// in is the same world in a subtest.
func (w *world) in(t *testing.T) *world {
	return &world{t, w.store, w.pool, w.pki, w.now}
}

func randomSeed() uint64 {
	var seed [8]byte
	rand.Read(seed[:])
	return binary.BigEndian.Uint64(seed[:])
}

// must fails the test at once where what must work doesn't.
func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// account returns a name that no other party has.
func account() string { return strings.ToLower(rand.Text()) + "@example.test" }

// party creates a party with one new account.
func (w *world) party() (verifier.PartyID, string) {
	w.Helper()
	name := account()
	party, _, err := w.store.CreateParty(w.Context(), registrytest.Operator, registry.Identifier{Kind: verifier.Account, Value: name})
	w.must(err)
	return party, name
}

// certificate issues a new one.
func (w *world) certificate() *verifier.Certificate {
	w.Helper()
	identity, err := w.pki.Customs.Issue(
		verifiertest.CustomsHolder{BusinessID: "97162640", Ordinal: 6},
		verifiertest.Terms{NotBefore: w.now.Add(-time.Hour), NotAfter: w.now.AddDate(1, 0, 0)})
	w.must(err)
	cert, err := verifier.ParseCertificate(identity.DER())
	w.must(err)
	return cert
}

// signing is a registration of a certificate in a file by a trader, in force at once.
func signing(party verifier.PartyID, cert *verifier.Certificate) registry.NewRegistration {
	return registry.NewRegistration{
		Party:       party,
		Certificate: cert,
		Usage:       registry.Signing,
		Kind:        registry.Customs,
		Medium:      registry.File,
		UsageType:   registry.TraderUse,
	}
}

func (w *world) register(r registry.NewRegistration) (main bool) {
	w.Helper()
	main, _, err := w.store.Register(w.Context(), registrytest.Operator, r)
	w.must(err)
	return main
}

// named names a signing registration.
func named(party verifier.PartyID, cert *verifier.Certificate) postgres.Registered {
	return postgres.Registered{Party: party, Certificate: cert.Fingerprint(), Usage: registry.Signing}
}

// snapshot returns what judging sees of an account, which must be known.
func (w *world) snapshot(account string) registry.Snapshot {
	w.Helper()
	snapshots, _, _, err := w.store.Snapshots(w.Context(), []registry.LookupHash{registrytest.LookupKey().Account(account)})
	w.must(err)
	if len(snapshots) != 1 {
		w.Fatalf("%d snapshots of one account", len(snapshots))
	}
	return snapshots[0]
}

// state returns the state that judging sees of an account's certificate, empty if it
// sees none.
func (w *world) state(account string, cert *verifier.Certificate) verifier.RegistrationState {
	w.Helper()
	for _, r := range w.snapshot(account).Registrations {
		if r.Fingerprint == cert.Fingerprint() {
			return r.State
		}
	}
	return ""
}

// lastChange returns the current version's change.
func (w *world) lastChange() registry.Change {
	w.Helper()
	_, _, current, err := w.store.Changes(w.Context(), 0, 1)
	w.must(err)
	changes, _, _, err := w.store.Changes(w.Context(), current-1, 10)
	w.must(err)
	if len(changes) == 0 {
		w.Fatal("the clock shows a version without a change")
	}
	return changes[0]
}

var businessIDs atomic.Int64

// businessID returns a 統一編號 that no other call in this process returned.
func businessID() string {
	for {
		id := fmt.Sprintf("%08d", 10000000+businessIDs.Add(1))
		if registry.CheckIdentifier(verifier.BusinessID, id) == nil {
			return id
		}
	}
}

// execAll runs SQL, statements separated by semicolons, past the store, with the clock
// ticked and a change recorded first, so that only the guard in question can refuse it.
func (w *world) execAll(statements string, args pgx.NamedArgs) error {
	w.Helper()
	ctx := w.Context()
	tx, err := w.pool.Begin(ctx)
	w.must(err)
	defer tx.Rollback(ctx)
	for _, statement := range []string{
		"UPDATE registry_clock SET version = version + 1",
		"INSERT INTO registry_changes (version, epoch, kind) SELECT version, epoch, 'registered' FROM registry_clock",
	} {
		_, err = tx.Exec(ctx, statement)
		w.must(err)
	}
	for statement := range strings.SplitSeq(statements, ";") {
		if _, err := tx.Exec(ctx, statement, args); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}

var nationalIDs atomic.Int64

// newNationalID returns a 身分證字號 that no other call in this process returned.
func newNationalID() string {
	for {
		id := fmt.Sprintf("A1%08d", 10000000+nationalIDs.Add(1))
		if registry.CheckIdentifier(verifier.NationalID, id) == nil {
			return id
		}
	}
}

// newBox returns a 箱號 that no party has.
func newBox(w *world) string {
	w.Helper()
	for {
		box := rand.Text()[:3]
		found, err := w.store.FindParties(w.Context(), box)
		w.must(err)
		if len(found) == 0 {
			return box
		}
	}
}
