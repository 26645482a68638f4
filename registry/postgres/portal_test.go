package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

const hour = time.Hour

// wants fails the test unless err is the one wanted.
func (w *world) wants(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Errorf("got %v, want %v", err, want)
	}
}

// loginOf is a new certificate as one to log in with.
func (w *world) loginOf() registry.NewRegistration {
	return registry.NewRegistration{Certificate: w.certificate(), Usage: registry.Login, Kind: registry.MOEACA, Medium: registry.Card}
}

func ubn(value string) registry.Identifier {
	return registry.Identifier{Kind: verifier.BusinessID, Value: value}
}

// newAccount is a company's registration, ready to be stored.
func (w *world) newAccount(businessID string) registry.NewAccount {
	return registry.NewAccount{
		Category: registry.Company, Attribute: "broker", Language: "zh", Name: businessID, Proved: ubn(businessID),
		Profile:      registry.Profile{Email: "a@example.test", ContactName: "王小明", Phone: "02-12345678"},
		PasswordHash: "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
		Claims:       []registry.Identifier{{Kind: verifier.BrokerBox, Value: "0c1"}},
		Login:        w.loginOf(),
	}
}

func TestSessionsEndWithTheirCertificate(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	a := w.newAccount("97162640")
	party, _, err := w.store.OpenAccount(t.Context(), "visitor:1", a)
	w.must(err)
	fingerprint := a.Login.Certificate.Fingerprint()
	holder, err := w.store.LoginOf(t.Context(), fingerprint)
	w.must(err)
	if holder.Party != party || holder.Operator != "" {
		t.Fatalf("%+v, want party %s", holder, party)
	}
	anonymous, _, err := w.store.BeginSession(t.Context(), hour)
	w.must(err)
	token, session, err := w.store.LogIn(t.Context(), anonymous, registry.Opening{LoginHolder: holder, Strength: registry.ByCertificate, Certificate: fingerprint}, hour)
	w.must(err)
	if !session.MayChange() {
		t.Error("it may not change bindings")
	}
	_, err = w.store.Session(t.Context(), anonymous)
	w.wants(err, registry.ErrNoSession) // fixation
	read, err := w.store.Session(t.Context(), token)
	w.must(err)
	if read != session {
		t.Errorf("read %+v, want %+v", read, session)
	}
	_, err = w.store.Withdraw(t.Context(), registrytest.Operator, postgres.Registered{Party: party, Certificate: fingerprint, Usage: registry.Login})
	w.must(err)
	_, err = w.store.Session(t.Context(), token)
	w.wants(err, registry.ErrNoSession)
	_, err = w.store.LoginOf(t.Context(), fingerprint)
	w.wants(err, registry.ErrNoRegistration)
}

func TestOperatorsLogInUntilTheyAreRemoved(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	cert := w.certificate()
	w.must(w.store.AddOperator(t.Context(), registrytest.Operator, "chen.mei", cert))
	w.wants(w.store.AddOperator(t.Context(), registrytest.Operator, "lin", cert), registry.ErrOperatorExists)
	mistaken := w.newAccount("97162640")
	mistaken.Login.Certificate = cert
	_, _, err := w.store.OpenAccount(t.Context(), "visitor:1", mistaken)
	w.wants(err, registry.ErrPartyIsOperator)
	holder, err := w.store.LoginOf(t.Context(), cert.Fingerprint())
	w.must(err)
	token, _, err := w.store.LogIn(t.Context(), "", registry.Opening{LoginHolder: holder, Strength: registry.ByCertificate, Certificate: cert.Fingerprint()}, hour)
	w.must(err)
	session, err := w.store.Session(t.Context(), token)
	w.must(err)
	if session.Operator != "chen.mei" || session.MayChange() {
		t.Errorf("%+v", session)
	}
	_, _, err = w.store.Revoke(t.Context(), registrytest.Operator, cert.Fingerprint(), registry.Unspecified)
	w.must(err)
	_, err = w.store.Session(t.Context(), token)
	w.wants(err, registry.ErrNoSession)
	w.must(w.store.RemoveOperator(t.Context(), registrytest.Operator, "chen.mei"))
	w.wants(w.store.AddOperator(t.Context(), registrytest.Operator, "chen.mei", cert), registry.ErrRevoked)
	a := w.newAccount("97162640")
	_, _, err = w.store.OpenAccount(t.Context(), "visitor:1", a)
	w.must(err)
	w.wants(w.store.AddOperator(t.Context(), registrytest.Operator, "chen.mei", a.Login.Certificate), registry.ErrOperatorIsParty)
	_, err = w.store.Session(t.Context(), token)
	w.wants(err, registry.ErrNoSession)
	w.wants(w.store.RemoveOperator(t.Context(), registrytest.Operator, "chen.mei"), registry.ErrNoOperator)
}

func TestSessionsExpireAndAreSwept(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	token, session, err := w.store.BeginSession(t.Context(), -time.Second)
	w.must(err)
	w.must(w.store.SaveDraft(t.Context(), session.ID, "register", "x"))
	_, err = w.store.Session(t.Context(), token)
	w.wants(err, registry.ErrNoSession)
	w.must(w.store.Sweep(t.Context()))
	var left int
	w.must(w.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM drafts)`).Scan(&left))
	if left != 0 {
		t.Errorf("%d rows left", left)
	}
}

func TestDraftsAreSealedAndForgotten(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	_, session, err := w.store.BeginSession(t.Context(), hour)
	w.must(err)
	type draft struct{ ID string }
	w.must(w.store.SaveDraft(t.Context(), session.ID, "register", draft{"A123456789"}))
	var sealed string
	w.must(w.pool.QueryRow(t.Context(), `SELECT encode(sealed, 'escape') FROM drafts`).Scan(&sealed))
	if len(sealed) == 0 || strings.Contains(sealed, "A123456789") {
		t.Errorf("stored %q", sealed)
	}
	var read draft
	w.must(w.store.Draft(t.Context(), session.ID, "register", &read))
	if read.ID != "A123456789" {
		t.Errorf("read %+v", read)
	}
	w.must(w.store.DropDraft(t.Context(), session.ID, "register"))
	w.wants(w.store.Draft(t.Context(), session.ID, "register", &read), registry.ErrNoDraft)
	w.wants(w.store.SaveDraft(t.Context(), registry.SessionID{1}, "register", read), registry.ErrNoSession)
}

func TestChallengesWorkOnceForTheirPurpose(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	_, mine, err := w.store.BeginSession(t.Context(), hour)
	w.must(err)
	_, other, err := w.store.BeginSession(t.Context(), hour)
	w.must(err)
	challenge := func() string {
		nonce, err := w.store.NewChallenge(t.Context(), mine.ID, "login")
		w.must(err)
		return nonce
	}
	nonce := challenge()
	w.must(w.store.TakeChallenge(t.Context(), mine.ID, "login", nonce))
	w.wants(w.store.TakeChallenge(t.Context(), mine.ID, "login", nonce), registry.ErrNoChallenge)
	for name, take := range map[string]func(string) error{
		"another purpose": func(n string) error { return w.store.TakeChallenge(t.Context(), mine.ID, "register", n) },
		"another session": func(n string) error { return w.store.TakeChallenge(t.Context(), other.ID, "login", n) },
		"an old one": func(n string) error {
			_, err := w.pool.Exec(t.Context(), `UPDATE challenges SET expires_at = now() - interval '1 s'`)
			return errors.Join(err, w.store.TakeChallenge(t.Context(), mine.ID, "login", n))
		},
	} {
		nonce := challenge()
		if err := take(nonce); !errors.Is(err, registry.ErrNoChallenge) {
			t.Errorf("%s: %v", name, err)
		}
		// Whoever tried has used it up.
		w.wants(w.store.TakeChallenge(t.Context(), mine.ID, "login", nonce), registry.ErrNoChallenge)
	}
}

func TestBucketsFillAndDrain(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	bucket := registry.Bucket{Name: "login", Burst: 3, Every: time.Minute}
	take := func(who string) time.Duration {
		wait, err := w.store.Take(t.Context(), bucket, who)
		w.must(err)
		return wait
	}
	for i := range 3 {
		if wait := take("a"); wait != 0 {
			t.Fatalf("drop %d waits %v", i, wait)
		}
	}
	if wait := take("a"); wait <= 50*time.Second || wait > time.Minute {
		t.Errorf("a full bucket waits %v, want a minute", wait)
	}
	if wait := take("b"); wait != 0 {
		t.Errorf("another's bucket waits %v", wait)
	}
	_, err := w.pool.Exec(t.Context(), `UPDATE throttles SET empty_at = empty_at - interval '61 s'`)
	w.must(err)
	if wait := take("a"); wait != 0 {
		t.Errorf("after it drained by one: %v", wait)
	}
	if wait := take("a"); wait == 0 {
		t.Error("it drained by more than one")
	}
}

func TestOpenAccountTakesTheCertifiedPartyOnce(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	imported, err := w.store.Import(t.Context(), "visitor:1", w.anImport("97162640", false))
	w.must(err)
	party, _, err := w.store.OpenAccount(t.Context(), "visitor:1", w.newAccount("97162640"))
	w.must(err)
	if party != imported.Party {
		t.Errorf("party %s, want %s, which an import had made", party, imported.Party)
	}
	_, _, err = w.store.OpenAccount(t.Context(), "visitor:1", w.newAccount("97162640"))
	w.wants(err, registry.ErrAccountExists)

	account, profile, err := w.store.AccountNamed(t.Context(), "97162640")
	w.must(err)
	if account.Party != party || account.Name != "97162640" || !account.HasPassword || account.Legacy || profile.ContactName != "王小明" {
		t.Errorf("%+v %+v", account, profile)
	}
	if again, _, err := w.store.Account(t.Context(), party); err != nil || again != account {
		t.Errorf("%+v, %v", again, err)
	}
	_, _, err = w.store.AccountNamed(t.Context(), "04177036")
	w.wants(err, registry.ErrNoAccount)
	exists, err := w.store.Exists(t.Context(), verifier.BusinessID, "97162640")
	w.must(err)
	if !exists {
		t.Error("the account doesn't exist")
	}

	// A box that was stated is no identifier until it is approved.
	claims, err := w.store.Claims(t.Context(), party)
	w.must(err)
	if len(claims) != 1 || claims[0].Shown != "0C1" || claims[0].By != "visitor:1" {
		t.Fatalf("claims %+v", claims)
	}
	if found, _ := w.store.FindParties(t.Context(), "0C1"); len(found) != 0 {
		t.Errorf("found by its claim: %v", found)
	}
	_, err = w.store.ApproveClaim(t.Context(), "operator:chen", party, claims[0].Lookup)
	w.must(err)
	if found, _ := w.store.FindParties(t.Context(), "0C1"); len(found) != 1 {
		t.Errorf("not found by its approved claim: %v", found)
	}
	w.wants(w.store.RefuseClaim(t.Context(), "operator:chen", party, claims[0].Lookup), registry.ErrNoClaim)
}

// anImport is one of a new certificate for the party of a 統一編號.
func (w *world) anImport(businessID string, inForce bool) registry.Import {
	i := registry.Import{
		Principal:    ubn(businessID),
		Claims:       []registry.Identifier{{Kind: verifier.BrokerBox, Value: "0C1"}},
		Registration: signing("", w.certificate()),
		Binding:      registry.Binding{InForce: inForce},
	}
	if !inForce {
		i.Binding.Missing = []registry.Message{{Code: "NAMES_ANOTHER"}}
	}
	return i
}

func TestImports(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	first, err := w.store.Import(t.Context(), "visitor:1", w.anImport("97162640", true))
	w.must(err)
	second, err := w.store.Import(t.Context(), "visitor:1", w.anImport("97162640", true))
	w.must(err)
	if !first.Main || second.Main || first.Party != second.Party || first.Pending {
		t.Errorf("first %+v, second %+v", first, second)
	}
	if found, err := w.store.FindParties(t.Context(), "97162640"); err != nil || len(found) != 1 {
		t.Errorf("parties %v, %v", found, err)
	}
	pending := w.anImport("04177036", false)
	pending.Details = map[string]string{"name": "陳美"}
	other, err := w.store.Import(t.Context(), "visitor:2", pending)
	w.must(err)
	listed, err := w.store.Listed(t.Context(), "0C1", verifier.BrokerBox)
	w.must(err)
	if len(listed) != 3 || !other.Pending {
		t.Errorf("%d listed by what was claimed, want 3", len(listed))
	}
	waiting, err := w.store.Pending(t.Context())
	w.must(err)
	if len(waiting) != 1 || waiting[0].Missing[0] != "NAMES_ANOTHER" || waiting[0].Details["name"] != "陳美" || len(waiting[0].Lacks(false)) != 1 {
		t.Fatalf("pending %+v", waiting)
	}
	r := postgres.Registered{Party: other.Party, Certificate: pending.Registration.Certificate.Fingerprint(), Usage: registry.Signing}
	w.must(w.store.ProvePossession(t.Context(), "visitor:2", r))
	waiting, err = w.store.Pending(t.Context())
	w.must(err)
	if len(waiting[0].Lacks(false)) != 0 || len(waiting[0].Lacks(true)) != 0 {
		t.Errorf("proved, it lacks %+v", waiting[0])
	}

	taken := w.anImport("04177036", false)
	taken.Registration.Certificate = w.heldBy(first.Party)
	_, err = w.store.Import(t.Context(), "visitor:2", taken)
	w.wants(err, registry.ErrElsewhere)
	for range 19 {
		_, err = w.store.Import(t.Context(), "visitor:2", w.anImport("04177036", false))
		w.must(err)
	}
	_, err = w.store.Import(t.Context(), "visitor:2", w.anImport("04177036", false))
	w.wants(err, registry.ErrTooManyPending)
}

// heldBy is a certificate in force for a party.
func (w *world) heldBy(party verifier.PartyID) *verifier.Certificate {
	cert := w.certificate()
	w.register(signing(party, cert))
	return cert
}

func TestPasswordsAndResets(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	party, _, err := w.store.OpenAccount(t.Context(), "visitor:1", w.newAccount("97162640"))
	w.must(err)
	token, err := w.store.NewReset(t.Context(), "visitor:1", party, false)
	w.must(err)
	later, err := w.store.NewReset(t.Context(), "visitor:1", party, false)
	w.must(err)
	if valid, err := w.store.ResetValid(t.Context(), token); err != nil || valid {
		t.Errorf("an earlier reset is valid: %v, %v", valid, err)
	}
	if valid, err := w.store.ResetValid(t.Context(), later); err != nil || !valid {
		t.Errorf("the latest reset is not valid: %v, %v", valid, err)
	}
	cookie, _, err := w.store.LogIn(t.Context(), "", registry.Opening{LoginHolder: registry.LoginHolder{Party: party}, Strength: registry.ByPassword}, hour)
	w.must(err)
	got, err := w.store.TakeReset(t.Context(), later)
	w.must(err)
	if got != party {
		t.Errorf("it resets %s", got)
	}
	_, err = w.store.TakeReset(t.Context(), later)
	w.wants(err, registry.ErrNoReset)
	const hash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$b3RoZXJoYXNo"
	w.must(w.store.SetPassword(t.Context(), registry.PartyActor(party), party, hash))
	_, err = w.store.Session(t.Context(), cookie)
	w.wants(err, registry.ErrNoSession)
	if _, kept, err := w.store.PasswordOf(t.Context(), "97162640"); err != nil || kept != hash {
		t.Errorf("hash %q, %v", kept, err)
	}
	w.wants(w.store.SetPassword(t.Context(), registrytest.Operator, registry.NewPartyID(), hash), registry.ErrNoAccount)

	// Staff lets a legacy account in.
	old, _ := w.party()
	w.must(w.store.AddLegacyAccount(t.Context(), registrytest.Operator, old, registry.Company, "trader"))
	if none, err := w.store.NewReset(t.Context(), "visitor:1", old, true); err != nil || none != "" {
		t.Errorf("a token before staff approved: %q, %v", none, err)
	}
	waiting, err := w.store.ResetsForStaff(t.Context())
	w.must(err)
	if len(waiting) != 1 || waiting[0].Party != old {
		t.Fatalf("waiting %+v", waiting)
	}
	approved, _, err := w.store.ApproveReset(t.Context(), "operator:chen", waiting[0].ID)
	w.must(err)
	_, _, err = w.store.ApproveReset(t.Context(), "operator:chen", waiting[0].ID)
	w.wants(err, registry.ErrNoReset)
	if got, err := w.store.TakeReset(t.Context(), approved); err != nil || got != old {
		t.Errorf("%s, %v", got, err)
	}
}

func TestOutboxRetriesAndForgets(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	want := registry.Mail{To: "a@example.test", Subject: "subject", Text: "text"}
	w.must(w.store.Enqueue(t.Context(), want))
	down := errors.New("the mail server is down")
	found, err := w.store.SendNext(t.Context(), func(context.Context, registry.Mail) error { return down })
	w.wants(err, down)
	if !found {
		t.Error("it found no mail")
	}
	var got registry.Mail
	send := func(_ context.Context, m registry.Mail) error { got = m; return nil }
	if found, err := w.store.SendNext(t.Context(), send); err != nil || found {
		t.Errorf("sent again at once: %v, %v", found, err)
	}
	_, err = w.pool.Exec(t.Context(), `UPDATE outbox SET due_at = due_at - interval '61 s'`)
	w.must(err)
	if found, err := w.store.SendNext(t.Context(), send); err != nil || !found || got != want {
		t.Errorf("%v, %v, %+v", found, err, got)
	}
	var left int
	w.must(w.pool.QueryRow(t.Context(), `SELECT count(*) FROM outbox`).Scan(&left))
	if left != 0 {
		t.Errorf("%d mails kept", left)
	}
}

func TestNoticesAreSentOnce(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	_, _, err := w.store.OpenAccount(t.Context(), "visitor:1", w.newAccount("97162640"))
	w.must(err)
	notify := func(days int) int {
		sent, err := w.store.Notify(t.Context(), "system:notices", days, func(r registry.Registration, language string, p registry.Profile) (registry.Mail, bool) {
			return registry.Mail{To: p.Email, Subject: language, Text: r.Certificate.Serial()}, true
		})
		w.must(err)
		return sent
	}
	if n := notify(300); n != 0 {
		t.Errorf("%d notices long before", n)
	}
	if n := notify(400); n != 1 {
		t.Errorf("%d notices, want 1", n)
	}
	for _, days := range []int{400, 500} {
		if n := notify(days); n != 0 {
			t.Errorf("%d notices again", n)
		}
	}
}

// TestAuditChainNamesTheFirstBrokenLink tampers with a copy of the chain as whoever owns
// the database could.
func TestAuditChainNamesTheFirstBrokenLink(t *testing.T) {
	tests := []struct {
		name, tamper string
		broken       int64
	}{
		{"untouched", `SELECT 1`, 0},
		{"an actor altered", `UPDATE audit_log SET actor = 'operator:other' WHERE id = 3`, 3},
		{"a detail altered", `UPDATE audit_log SET detail = 'x' WHERE id = 2`, 2},
		{"altered, its hash made anew", `UPDATE audit_log SET actor = 'operator:other' WHERE id = 3; UPDATE audit_log AS entry SET hash = audit_hash(entry) WHERE id = 3`, 4},
		{"one removed", `DELETE FROM audit_log WHERE id = 2`, 2},
		{"the last removed", `DELETE FROM audit_log WHERE id = 5`, 5},
		{"the last removed, and the head moved", `DELETE FROM audit_log WHERE id = 5; UPDATE audit_head SET id = 4, hash = (SELECT hash FROM audit_log WHERE id = 4)`, 5},
		{"two exchanged", `UPDATE audit_log SET id = -id WHERE id IN (2, 3); UPDATE audit_log SET id = 5 + id WHERE id < 0`, 2},
		{"one slipped in", `UPDATE audit_log SET id = 6 WHERE id = 5; INSERT INTO audit_log (id, at, actor, action, previous, hash) SELECT 5, at, actor, action, previous, hash FROM audit_log WHERE id = 4`, 5},
		{"written anew from the second on", `
			UPDATE audit_log SET actor = 'operator:other' WHERE id = 2;
			DO $$ BEGIN FOR i IN 2..5 LOOP
				UPDATE audit_log SET previous = (SELECT hash FROM audit_log WHERE id = i - 1) WHERE id = i;
				UPDATE audit_log AS entry SET hash = audit_hash(entry) WHERE id = i;
			END LOOP; END $$;
			UPDATE audit_head SET hash = (SELECT hash FROM audit_log WHERE id = 5)`, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, registrytest.Database(t))
			for range 5 {
				w.must(w.store.Note(t.Context(), registrytest.Operator, registry.Queried, registry.NewPartyID(), nil, "by=ubn"))
			}
			before, err := w.store.VerifyAudit(t.Context(), nil)
			w.must(err)
			_, err = w.pool.Exec(t.Context(), `ALTER TABLE audit_log DISABLE TRIGGER USER; `+tt.tamper)
			w.must(err)
			report, err := w.store.VerifyAudit(t.Context(), map[int64][32]byte{before.Entries: before.Head})
			w.must(err)
			if before.Entries != 5 || report.Broken != tt.broken || (report.Why == "") != (tt.broken == 0) {
				t.Errorf("before %+v, after %+v: want %d broken first", before, report, tt.broken)
			}
		})
	}
}
