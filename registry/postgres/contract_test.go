package postgres_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

func TestContract(t *testing.T) {
	contract(newWorld(t, registrytest.Database(t)))
}

// contract is what every schema that this code runs on must let the store do. It may
// run again on a registry that has been used. Clauses of the names except are left out.
func contract(w *world, except ...string) {
	for _, clause := range []struct {
		name string
		test func(*world)
	}{
		{"an unknown account is absent", unknownAccount},
		{"a snapshot holds identifiers and registrations", snapshotHolds},
		{"each change is recorded with its accounts", changesRecorded},
		{"an identifier names one party", identifierTaken},
		{"a national id is found, masked and sealed", nationalID},
		{"the first in force is the main one", mainCertificate},
		{"a pending one waits for its confirmation", pendingConfirmed},
		{"a withdrawn one can be registered again", withdrawn},
		{"a revoked one is gone for all and for ever", revoked},
		{"a certificate counts for one party", elsewhere},
		{"replacement overlaps", replacement},
		{"a period must not be empty", emptyPeriod},
		{"all that the policy allows can be stored", policyStored},
		{"a login never signs", loginNeverSigns},
		{"what isn't there can't be changed", notThere},
		{"a new epoch is a change", newEpoch},
		{"listings find parties by any identifier", listings},
		{"what expires is listed in time", expiring},
	} {
		if slices.Contains(except, clause.name) {
			continue
		}
		w.Run(clause.name, func(t *testing.T) { clause.test(w.in(t)) })
	}
}

func unknownAccount(w *world) {
	snapshots, epoch, version, err := w.store.Snapshots(w.Context(), []registry.LookupHash{registrytest.LookupKey().Account(account())})
	w.must(err)
	if len(snapshots) != 0 || len(epoch) != 36 {
		w.Errorf("got %v, epoch %q, version %d", snapshots, epoch, version)
	}
	if _, _, _, err := w.store.Snapshots(w.Context(), nil); err != nil {
		w.Errorf("no senders: %v", err)
	}
}

func snapshotHolds(w *world) {
	first, second, ubn := account(), account(), businessID()
	party, _, err := w.store.CreateParty(w.Context(), registrytest.Operator,
		registry.Identifier{Kind: verifier.Account, Value: first},
		registry.Identifier{Kind: verifier.BusinessID, Value: ubn},
		registry.Identifier{Kind: verifier.Account, Value: " " + second})
	w.must(err)
	certs := []*verifier.Certificate{w.certificate(), w.certificate()}
	until := w.now.AddDate(0, 1, 0).Truncate(time.Microsecond)
	for _, cert := range certs {
		r := signing(party, cert)
		r.From, r.Until = w.now.Add(-time.Minute).Truncate(time.Microsecond), until
		w.register(r)
	}
	key := registrytest.LookupKey()
	snapshots, epoch, version, err := w.store.Snapshots(w.Context(), []registry.LookupHash{key.Account(second), key.Account(account()), key.Account(first)})
	w.must(err)
	if len(snapshots) != 2 {
		w.Fatalf("%d snapshots of two accounts", len(snapshots))
	}
	want := []registry.LookupHash{key.Account(first), key.Account(second), key.Hash(verifier.BusinessID, ubn)}
	slices.SortFunc(want, func(a, b registry.LookupHash) int { return slices.Compare(a[:], b[:]) })
	for _, s := range snapshots {
		if s.Party != party || s.Epoch != epoch || s.Version != version || !slices.Equal(s.Identifiers, want) {
			w.Errorf("snapshot of party %s at %s/%d with identifiers %v", s.Party, s.Epoch, s.Version, s.Identifiers)
		}
		if len(s.Registrations) != 2 {
			w.Fatalf("%d registrations, want 2", len(s.Registrations))
		}
		for _, r := range s.Registrations {
			i := slices.IndexFunc(certs, func(c *verifier.Certificate) bool { return c.Fingerprint() == r.Fingerprint })
			if i < 0 || !slices.Equal(r.DER, certs[i].DER()) || r.State != verifier.InForce ||
				!r.From.Equal(w.now.Add(-time.Minute).Truncate(time.Microsecond)) || !r.Until.Equal(until) || !r.EndedAt.IsZero() {
				w.Errorf("registration %v: state %s, [%v, %v), ended %v", r.Fingerprint, r.State, r.From, r.Until, r.EndedAt)
			}
		}
	}
}

func changesRecorded(w *world) {
	party, name := w.party()
	sender := registrytest.LookupKey().Account(name)
	check := func(kind registry.ChangeKind, senders ...registry.LookupHash) {
		w.Helper()
		if c := w.lastChange(); c.Kind != kind || c.Party != party || !slices.Equal(c.Senders, senders) || c.At.IsZero() {
			w.Errorf("change %+v, want %s of %s with %v", c, kind, party, senders)
		}
	}
	check(registry.PartyCreated, sender)
	ubn := businessID()
	_, err := w.store.AddIdentifier(w.Context(), registrytest.Operator, party, registry.Identifier{Kind: verifier.BusinessID, Value: ubn})
	w.must(err)
	check(registry.IdentifierAdded, sender)
	cert := w.certificate()
	w.register(signing(party, cert))
	check(registry.Registered, sender)
	_, err = w.store.Withdraw(w.Context(), registrytest.Operator, named(party, cert))
	w.must(err)
	check(registry.Withdrawn, sender)

	another := account()
	_, err = w.store.AddIdentifier(w.Context(), registrytest.Operator, party, registry.Identifier{Kind: verifier.Account, Value: another})
	w.must(err)
	both := []registry.LookupHash{sender, registrytest.LookupKey().Account(another)}
	slices.SortFunc(both, func(a, b registry.LookupHash) int { return slices.Compare(a[:], b[:]) })
	check(registry.IdentifierAdded, both...)
}

func identifierTaken(w *world) {
	_, name := w.party()
	other, _ := w.party()
	_, before := w.clock()
	_, err := w.store.AddIdentifier(w.Context(), registrytest.Operator, other, registry.Identifier{Kind: verifier.Account, Value: name})
	if !errors.Is(err, registry.ErrIdentifierTaken) {
		w.Errorf("got %v, want ErrIdentifierTaken", err)
	}
	_, _, err = w.store.CreateParty(w.Context(), registrytest.Operator, registry.Identifier{Kind: verifier.BusinessID, Value: "88117126"})
	if err == nil {
		w.Error("a 統一編號 with a wrong check digit was stored")
	}
	if _, after := w.clock(); after != before {
		w.Errorf("refused changes moved the clock from %d to %d", before, after)
	}
}

func (w *world) clock() (registry.Epoch, registry.Version) {
	w.Helper()
	_, epoch, version, err := w.store.Changes(w.Context(), 1<<40, 1)
	w.must(err)
	return epoch, version
}

func nationalID(w *world) {
	party, name := w.party()
	id := newNationalID()
	_, err := w.store.AddIdentifier(w.Context(), registrytest.Operator, party, registry.Identifier{Kind: verifier.NationalID, Value: id})
	w.must(err)
	if !slices.Contains(w.snapshot(name).Identifiers, registrytest.LookupKey().Hash(verifier.NationalID, id)) {
		w.Error("the snapshot lacks the national id's hash")
	}
	var leaks int
	err = w.pool.QueryRow(w.Context(), `SELECT count(*) FROM identifiers WHERE identifiers::text LIKE '%' || $1 || '%'
		OR position($1::text::bytea in sealed) > 0`, id[1:]).Scan(&leaks)
	w.must(err)
	if leaks != 0 {
		w.Error("the national id is stored in the clear")
	}
	without := postgres.NewStore(w.pool, registrytest.LookupKey(), nil)
	for _, tt := range []struct {
		store *postgres.Store
		shown string
	}{{w.store, id[:1] + "********" + id[9:]}, {without, "**********"}} {
		shown := w.shown(tt.store, party)
		if !slices.Contains(shown, registry.ShownIdentifier{Kind: verifier.NationalID, Shown: tt.shown}) {
			w.Errorf("shown %v, want %s", shown, tt.shown)
		}
	}
	if _, err = without.AddIdentifier(w.Context(), registrytest.Operator, party, registry.Identifier{Kind: verifier.NationalID, Value: newNationalID()}); err == nil {
		w.Error("a national id was stored without identity.key")
	}
}

// shown returns a party's identifiers as listed.
func (w *world) shown(store *postgres.Store, party verifier.PartyID) []registry.ShownIdentifier {
	w.Helper()
	alone, err := store.Party(w.Context(), party)
	w.must(err)
	return alone.Identifiers
}

func mainCertificate(w *world) {
	party, _ := w.party()
	first, second := w.certificate(), w.certificate()
	pending := signing(party, w.certificate())
	pending.Pending = true
	if w.register(pending) {
		w.Error("a pending one became the main one")
	}
	if !w.register(signing(party, first)) || w.register(signing(party, second)) {
		w.Error("the first in force is to be the main one, the second not")
	}
	_, err := w.store.SetMain(w.Context(), registrytest.Operator, named(party, second))
	w.must(err)
	w.checkMain(party, second)
	_, err = w.store.SetMain(w.Context(), registrytest.Operator, named(party, pending.Certificate))
	if !errors.Is(err, registry.ErrState) {
		w.Errorf("a pending one as main: got %v, want ErrState", err)
	}
	w.checkMain(party, second) // the refused change left it alone
	_, err = w.store.Withdraw(w.Context(), registrytest.Operator, named(party, second))
	w.must(err)
	w.checkMain(party, nil)
	if !w.register(signing(party, w.certificate())) {
		w.Error("the first one after the main one was withdrawn is to be the main one")
	}
}

// checkMain checks which certificate is the party's main one; nil means none.
func (w *world) checkMain(party verifier.PartyID, want *verifier.Certificate) {
	w.Helper()
	all, err := w.store.Registrations(w.Context(), string(party))
	w.must(err)
	for _, r := range all {
		if is := want != nil && r.Certificate.Fingerprint() == want.Fingerprint(); r.Main != is {
			w.Errorf("certificate %v: main is %v, want %v", r.Certificate.Fingerprint(), r.Main, is)
		}
	}
}

func pendingConfirmed(w *world) {
	party, name := w.party()
	cert := w.certificate()
	r := signing(party, cert)
	r.Pending, r.From = true, w.now.Add(-time.Hour)
	w.register(r)
	if got := w.state(name, cert); got != verifier.Pending {
		w.Fatalf("state %q, want pending", got)
	}
	main, version, err := w.store.Confirm(w.Context(), registrytest.Operator, named(party, cert))
	w.must(err)
	s := w.snapshot(name)
	if !main || s.Version != version || s.Registrations[0].State != verifier.InForce {
		w.Errorf("confirmed: main %v, version %d, snapshot %+v", main, version, s)
	}
	if from := s.Registrations[0].From; !from.After(w.now.Add(-30 * time.Minute)) {
		w.Errorf("it counts from %v, which is before it was confirmed", from)
	}
	if _, _, err = w.store.Confirm(w.Context(), registrytest.Operator, named(party, cert)); !errors.Is(err, registry.ErrState) {
		w.Errorf("confirmed twice: got %v, want ErrState", err)
	}
}

func withdrawn(w *world) {
	party, name := w.party()
	cert := w.certificate()
	w.register(signing(party, cert))
	if _, _, err := w.store.Register(w.Context(), registrytest.Operator, signing(party, cert)); !errors.Is(err, registry.ErrAlreadyRegistered) {
		w.Errorf("registered twice: got %v, want ErrAlreadyRegistered", err)
	}
	_, err := w.store.Withdraw(w.Context(), registrytest.Operator, named(party, cert))
	w.must(err)
	if r := w.snapshot(name).Registrations[0]; r.State != verifier.Withdrawn || r.EndedAt.IsZero() {
		w.Errorf("state %s, ended at %v", r.State, r.EndedAt)
	}
	if _, err = w.store.Withdraw(w.Context(), registrytest.Operator, named(party, cert)); !errors.Is(err, registry.ErrState) {
		w.Errorf("withdrawn twice: got %v, want ErrState", err)
	}
	w.register(signing(party, cert))
	if s := w.snapshot(name); len(s.Registrations) != 1 || s.Registrations[0].State != verifier.InForce {
		w.Errorf("registered again: %+v", s.Registrations)
	}
}

func revoked(w *world) {
	holder, name := w.party()
	hopeful, otherName := w.party()
	cert := w.certificate()
	w.register(signing(holder, cert))
	login := signing(holder, cert)
	login.Usage, login.UsageType = registry.Login, ""
	w.register(login)
	pending := signing(hopeful, cert)
	pending.Pending = true
	w.register(pending)

	_, before := w.clock()
	parties, version, err := w.store.Revoke(w.Context(), registrytest.Operator, cert.Fingerprint(), registry.Unspecified)
	w.must(err)
	if len(parties) != 2 || version != before+2 {
		w.Errorf("parties %v, version %d after %d", parties, version, before)
	}
	changes, _, _, err := w.store.Changes(w.Context(), before, 10)
	w.must(err)
	var senders []registry.LookupHash
	for _, c := range changes {
		senders = append(senders, c.Senders...)
	}
	for _, n := range []string{name, otherName} {
		if w.state(n, cert) != verifier.Revoked || !slices.Contains(senders, registrytest.LookupKey().Account(n)) {
			w.Errorf("account %s: state %s, changed %v", n, w.state(n, cert), senders)
		}
	}
	_, err = w.store.Withdraw(w.Context(), registrytest.Operator, named(holder, cert))
	_, _, err2 := w.store.Register(w.Context(), registrytest.Operator, signing(holder, cert))
	_, _, err3 := w.store.Register(w.Context(), registrytest.Operator, pending)
	_, _, err4 := w.store.Confirm(w.Context(), registrytest.Operator, named(hopeful, cert))
	_, _, err5 := w.store.Revoke(w.Context(), registrytest.Operator, cert.Fingerprint(), registry.Unspecified)
	for i, err := range []error{err, err2, err3, err4, err5} {
		if !errors.Is(err, registry.ErrRevoked) {
			w.Errorf("attempt %d: got %v, want ErrRevoked", i+1, err)
		}
	}

	unknown := w.certificate()
	parties, _, err = w.store.Revoke(w.Context(), registrytest.Operator, unknown.Fingerprint(), registry.Unspecified)
	w.must(err)
	if c := w.lastChange(); len(parties) != 0 || c.Party != "" || len(c.Senders) != 0 {
		w.Errorf("revoked an unknown certificate: parties %v, change %+v", parties, c)
	}
	if _, _, err = w.store.Register(w.Context(), registrytest.Operator, signing(holder, unknown)); !errors.Is(err, registry.ErrRevoked) {
		w.Errorf("registered what was revoked before: got %v, want ErrRevoked", err)
	}
}

func elsewhere(w *world) {
	holder, _ := w.party()
	other, otherName := w.party()
	cert, nobodys := w.certificate(), w.certificate()
	pending := signing(other, cert)
	pending.Pending = true
	w.register(pending) // waiting binds no one
	w.register(signing(holder, cert))

	found, err := w.store.Elsewhere(w.Context(), []verifier.Fingerprint{cert.Fingerprint(), nobodys.Fingerprint()})
	w.must(err)
	if len(found) != 1 || found[cert.Fingerprint()] != holder {
		w.Errorf("found %v, want %s alone", found, holder)
	}
	_, _, err = w.store.Confirm(w.Context(), registrytest.Operator, named(other, cert))
	if !errors.Is(err, registry.ErrElsewhere) {
		w.Errorf("confirmed for another: got %v, want ErrElsewhere", err)
	}
	login := signing(other, cert)
	login.Usage, login.UsageType = registry.Login, ""
	if _, _, err = w.store.Register(w.Context(), registrytest.Operator, login); !errors.Is(err, registry.ErrElsewhere) {
		w.Errorf("login of another: got %v, want ErrElsewhere", err)
	}
	_, err = w.store.Withdraw(w.Context(), registrytest.Operator, named(holder, cert))
	w.must(err)
	_, _, err = w.store.Confirm(w.Context(), registrytest.Operator, named(other, cert))
	w.must(err)
	if w.state(otherName, cert) != verifier.InForce {
		w.Error("what its holder gave up is not in force for the other")
	}
}

func replacement(w *world) {
	party, name := w.party()
	old, successor, last := w.certificate(), w.certificate(), w.certificate()
	w.register(signing(party, old))
	overlap := w.now.Add(24 * time.Hour).Truncate(time.Microsecond)
	main, _, err := w.store.Replace(w.Context(), registrytest.Operator,
		postgres.Replacement{Old: old.Fingerprint(), New: signing(party, successor), Overlap: overlap})
	w.must(err)
	if c := w.lastChange(); !main || c.Kind != registry.Replaced {
		w.Errorf("main %v, change %s", main, c.Kind)
	}
	for _, r := range w.snapshot(name).Registrations {
		if r.Fingerprint == old.Fingerprint() && (r.State != verifier.Superseded || !r.Until.Equal(overlap)) {
			w.Errorf("the old one is %s until %v, want superseded until %v", r.State, r.Until, overlap)
		}
	}
	w.checkMain(party, successor)

	_, _, err = w.store.Replace(w.Context(), registrytest.Operator, postgres.Replacement{Old: successor.Fingerprint(), New: signing(party, last)})
	w.must(err)
	for _, r := range w.snapshot(name).Registrations {
		if r.Fingerprint == successor.Fingerprint() && (r.Until.IsZero() || r.Until.After(time.Now().Add(time.Minute))) {
			w.Errorf("without an overlap it counts until %v", r.Until)
		}
	}
	_, _, err = w.store.Replace(w.Context(), registrytest.Operator, postgres.Replacement{Old: old.Fingerprint(), New: signing(party, w.certificate())})
	if !errors.Is(err, registry.ErrState) {
		w.Errorf("replaced twice: got %v, want ErrState", err)
	}
	pending := signing(party, w.certificate())
	pending.Pending = true
	_, _, err = w.store.Replace(w.Context(), registrytest.Operator, postgres.Replacement{Old: last.Fingerprint(), New: pending})
	if !errors.Is(err, registry.ErrState) {
		w.Errorf("replaced by a pending one: got %v, want ErrState", err)
	}
}

func emptyPeriod(w *world) {
	party, _ := w.party()
	for _, length := range []time.Duration{0, -time.Hour} {
		r := signing(party, w.certificate())
		r.From, r.Until = w.now, w.now.Add(length)
		if _, _, err := w.store.Register(w.Context(), registrytest.Operator, r); !errors.Is(err, registry.ErrPeriod) {
			w.Errorf("length %v: got %v, want ErrPeriod", length, err)
		}
	}
}

func policyStored(w *world) {
	policy, err := registry.DefaultPolicy()
	w.must(err)
	party, _ := w.party()
	store := func(usage registry.Usage, usageType registry.UsageType, allowed []registry.KindAndMedium) {
		for _, a := range allowed {
			w.register(registry.NewRegistration{Party: party, Certificate: w.certificate(),
				Usage: usage, UsageType: usageType, Kind: a.Kind, Medium: a.Medium})
		}
	}
	store(registry.Login, "", policy.Login)
	for _, s := range policy.Signing {
		store(registry.Signing, s.Type, s.Allows)
	}
}

func loginNeverSigns(w *world) {
	party, name := w.party()
	r := signing(party, w.certificate())
	r.Usage, r.UsageType = registry.Login, ""
	if !w.register(r) {
		w.Error("a first login certificate is the main one of its usage")
	}
	if s := w.snapshot(name); len(s.Registrations) != 0 {
		w.Errorf("the snapshot holds %d registrations", len(s.Registrations))
	}
	found, err := w.store.Elsewhere(w.Context(), []verifier.Fingerprint{r.Certificate.Fingerprint()})
	w.must(err)
	if len(found) != 0 {
		w.Errorf("found %v for signing", found)
	}
}

func notThere(w *world) {
	party, _ := w.party()
	ghost := verifier.PartyID("P-AAAAAAAAAAAAAAAA")
	_, err := w.store.Withdraw(w.Context(), registrytest.Operator, named(party, w.certificate()))
	if !errors.Is(err, registry.ErrNoRegistration) {
		w.Errorf("withdrew what isn't registered: got %v, want ErrNoRegistration", err)
	}
	if _, _, err = w.store.Register(w.Context(), registrytest.Operator, signing(ghost, w.certificate())); !errors.Is(err, registry.ErrNoParty) {
		w.Errorf("registered for no party: got %v, want ErrNoParty", err)
	}
	_, err = w.store.AddIdentifier(w.Context(), registrytest.Operator, ghost, registry.Identifier{Kind: verifier.Account, Value: account()})
	if !errors.Is(err, registry.ErrNoParty) {
		w.Errorf("named no party: got %v, want ErrNoParty", err)
	}
	if _, _, err = w.store.CreateParty(w.Context(), "someone@example.test", registry.Identifier{Kind: verifier.Account, Value: account()}); err == nil {
		w.Error("an e-mail address was taken as an actor")
	}
}

func newEpoch(w *world) {
	before, version := w.clock()
	epoch, next, err := w.store.NewEpoch(w.Context(), registrytest.Operator)
	w.must(err)
	after, now := w.clock()
	if epoch == before || after != epoch || next != version+1 || now != next {
		w.Errorf("from %s/%d to %s/%d, said to be %s/%d", before, version, after, now, epoch, next)
	}
	if c := w.lastChange(); c.Kind != registry.EpochBegun || c.Party != "" {
		w.Errorf("change %+v", c)
	}
}

func listings(w *world) {
	name, ubn, id, box := account(), businessID(), newNationalID(), newBox(w)
	party, _, err := w.store.CreateParty(w.Context(), registrytest.Operator,
		registry.Identifier{Kind: verifier.Account, Value: name},
		registry.Identifier{Kind: verifier.BusinessID, Value: ubn},
		registry.Identifier{Kind: verifier.NationalID, Value: id},
		registry.Identifier{Kind: verifier.BrokerBox, Value: box})
	w.must(err)
	cert := w.certificate()
	w.register(signing(party, cert))
	for _, who := range []string{name, ubn, id, box, string(party)} {
		found, err := w.store.FindParties(w.Context(), who)
		w.must(err)
		all, err := w.store.Registrations(w.Context(), who)
		w.must(err)
		if !slices.Contains(found, party) || len(all) == 0 {
			w.Errorf("found %v with %d registrations by one of its identifiers", found, len(all))
			continue
		}
		r := all[len(all)-1]
		if r.Party != party || r.Certificate.Fingerprint() != cert.Fingerprint() || r.Usage != registry.Signing ||
			r.Kind != registry.Customs || r.Medium != registry.File || r.UsageType != registry.TraderUse || !r.Main ||
			r.State != verifier.InForce || r.RegisteredAt.IsZero() || !r.Until.IsZero() {
			w.Errorf("listed %+v", r)
		}
	}
	w.checkPages(party)
	if _, err := w.store.Party(w.Context(), registry.NewPartyID()); !errors.Is(err, registry.ErrNoParty) {
		w.Errorf("an unknown party: got %v, want ErrNoParty", err)
	}
	if found, err := w.store.FindParties(w.Context(), account()); err != nil || len(found) != 0 {
		w.Errorf("found %v, %v by an unknown account", found, err)
	}
}

func expiring(w *world) {
	party, _ := w.party()
	cert := w.certificate() // expires in a year
	w.register(signing(party, cert))
	for _, tt := range []struct {
		before time.Time
		want   bool
	}{{cert.NotAfter().Add(time.Second), true}, {cert.NotAfter(), false}} {
		all, err := w.store.ExpiringBefore(w.Context(), tt.before)
		w.must(err)
		listed := slices.ContainsFunc(all, func(r registry.Registration) bool { return r.Party == party })
		if listed != tt.want {
			w.Errorf("before %v: listed %v, want %v", tt.before, listed, tt.want)
		}
	}
}

// checkPages walks through all parties, two at a time, and wants each once, in order,
// as Party returns it.
func (w *world) checkPages(want verifier.PartyID) {
	w.Helper()
	var last verifier.PartyID
	met := false
	for {
		page, err := w.store.Parties(w.Context(), last, 2)
		w.must(err)
		if len(page) == 0 {
			break
		}
		for _, party := range page {
			if party.ID <= last {
				w.Fatalf("party %s after %s", party.ID, last)
			}
			last = party.ID
			alone, err := w.store.Party(w.Context(), party.ID)
			w.must(err)
			if !slices.Equal(alone.Identifiers, party.Identifiers) {
				w.Errorf("party %s is listed with %v, alone with %v", party.ID, party.Identifiers, alone.Identifiers)
			}
			met = met || party.ID == want
		}
	}
	if !met {
		w.Errorf("party %s is not listed", want)
	}
}
