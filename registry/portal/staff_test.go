package portal_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// A staffWorld has an operator, and what waits for them: a pending certificate that names
// another company, and a claim.
type staffWorld struct {
	*portaltest.World
	operator *portaltest.Client
	party    verifier.PartyID
	waiting  *verifiertest.Identity
}

func newStaffWorld(t testing.TB) *staffWorld {
	t.Helper()
	w := portaltest.NewWorld(t)
	s := &staffWorld{World: w, operator: w.Operator("olga"), waiting: w.CustomsFile(traderUBN)}
	s.party = s.imports(t, registry.Identifier{Kind: verifier.BusinessID, Value: brokerUBN}, registry.Identifier{Kind: verifier.BrokerBox, Value: sampleBox}, s.waiting)
	s.operator.Get("/staff/search") // for a token
	return s
}

// imports leaves a pending certificate that names somebody else.
func (s *staffWorld) imports(t testing.TB, principal, claim registry.Identifier, file *verifiertest.Identity) verifier.PartyID {
	t.Helper()
	done, err := s.Store.Import(t.Context(), "visitor:test", registry.Import{
		Principal: principal, Claims: []registry.Identifier{claim},
		Registration: registry.NewRegistration{Certificate: s.Certificate(file), Usage: registry.Signing, Kind: registry.Customs, Medium: registry.File, UsageType: registry.BrokerUse},
		Binding:      registry.Binding{Missing: []registry.Message{{Code: "NAMES_ANOTHER"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return done.Party
}

func (s *staffWorld) proves(t testing.TB, party verifier.PartyID, file *verifiertest.Identity) {
	t.Helper()
	err := s.Store.ProvePossession(t.Context(), "visitor:test", postgres.Registered{Party: party, Certificate: s.Certificate(file).Fingerprint(), Usage: registry.Signing})
	if err != nil {
		t.Fatal(err)
	}
}

func (s *staffWorld) change(party verifier.PartyID, file *verifiertest.Identity, action string) string {
	return "/staff/certificates/" + string(party) + "/" + fingerprint(s.World, file) + "/signing/" + action
}

func (s *staffWorld) claimPath(t testing.TB, party verifier.PartyID, action string) string {
	t.Helper()
	claims, err := s.Store.Claims(t.Context(), party)
	if err != nil || len(claims) != 1 {
		t.Fatalf("%d claims, %v", len(claims), err)
	}
	return "/staff/claims/" + string(party) + "/" + claims[0].Lookup.String() + "/" + action
}

// accountOf is the name that messages call a party by.
func (s *staffWorld) accountOf(t testing.TB, party verifier.PartyID) string {
	t.Helper()
	p, err := s.Store.Party(t.Context(), party)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range p.Identifiers {
		if i.Kind == verifier.Account {
			return i.Shown
		}
	}
	return ""
}

func (s *staffWorld) state(t testing.TB, file *verifiertest.Identity) verifier.RegistrationState {
	t.Helper()
	return one(t, s.World, file, registry.Signing).State
}

// last asserts the latest entries of a party, the latest last, all by the operator.
func (s *staffWorld) last(t testing.TB, party verifier.PartyID, want ...registry.AuditAction) {
	t.Helper()
	entries, err := s.Store.AuditEntries(t.Context(), registry.AuditQuery{Party: party, Limit: len(want)})
	if err != nil {
		t.Fatal(err)
	}
	var got []registry.AuditAction
	for _, e := range slices.Backward(entries) {
		got = append(got, e.Action)
		if e.Actor != registry.OperatorActor("olga") {
			t.Errorf("%s by %s", e.Action, e.Actor)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("audited %v, want %v", got, want)
	}
}

func TestStaffApprovesABinding(t *testing.T) {
	s := newStaffWorld(t)
	see(t, s.operator.Get("/staff"), http.StatusOK, "尚缺條件", string(s.party), sampleBox)
	path := s.change(s.party, s.waiting, "approve")
	see(t, s.operator.Get(path), http.StatusNotFound)
	s.proves(t, s.party, s.waiting)
	see(t, s.operator.Get("/staff"), http.StatusOK, "可核可", path)
	see(t, s.operator.Get(path), http.StatusOK, "憑證所載並非貴戶", "已於", "證明持有金鑰", s.waiting.Parsed(t).Serial())
	see(t, s.operator.Post(path), http.StatusUnprocessableEntity, "請先勾選確認")
	led(t, s.operator.Post(path, "confirm", "yes"), "/staff/parties/"+string(s.party))
	see(t, s.operator.Get("/staff/parties/"+string(s.party)), http.StatusOK, "已核可，憑證已生效", "生效中", "主憑證")
	if state := s.state(t, s.waiting); state != verifier.InForce {
		t.Errorf("it is %s", state)
	}
	if name := s.accountOf(t, s.party); name != brokerUBN {
		t.Errorf("the account is called %q", name)
	}
	s.last(t, s.party, "confirmed", "identifier_added")
	see(t, s.operator.Post(path, "confirm", "yes"), http.StatusNotFound)
}

// TestStaffNamesASpecialistsAccount in whichever order the two are approved.
func TestStaffNamesASpecialistsAccount(t *testing.T) {
	for _, claimFirst := range []bool{true, false} {
		t.Run(fmt.Sprint(claimFirst), func(t *testing.T) {
			s := newStaffWorld(t)
			file := s.Issue(s.PKI.Customs, verifiertest.CustomsHolder{BusinessID: brokerUBN, Ordinal: 75}, s.Terms())
			party := s.imports(t, registry.Identifier{Kind: verifier.NationalID, Value: personID}, registry.Identifier{Kind: verifier.Specialist, Value: specialist}, file)
			s.proves(t, party, file)
			approveClaim := func() {
				path := s.claimPath(t, party, "approve")
				see(t, s.operator.Get(path), http.StatusOK, specialist)
				see(t, s.operator.Post(path), http.StatusUnprocessableEntity, "請先勾選確認")
				led(t, s.operator.Post(path, "confirm", "yes"), "/staff/parties/"+string(party))
			}
			approve := func() {
				led(t, s.operator.Post(s.change(party, file, "approve"), "confirm", "yes"), "/staff/parties/"+string(party))
			}
			if claimFirst {
				approveClaim()
				approve()
			} else {
				approve()
				if name := s.accountOf(t, party); name != "" {
					t.Errorf("it is called %q before the code is approved", name)
				}
				approveClaim()
			}
			if name := s.accountOf(t, party); name != strings.ToLower(specialist) { // as accounts are kept
				t.Errorf("the account is called %q", name)
			}
			see(t, s.operator.Get("/staff/parties/"+string(party)), http.StatusOK, "A********9", specialist)
		})
	}
}

func TestStaffDecidesClaims(t *testing.T) {
	s := newStaffWorld(t)
	path := s.claimPath(t, s.party, "refuse")
	led(t, s.operator.Post(path, "confirm", "yes"), "/staff/parties/"+string(s.party))
	s.last(t, s.party, "claim_refused")
	see(t, s.operator.Post(path, "confirm", "yes"), http.StatusNotFound)
	if parties, _ := s.Store.FindParties(t.Context(), sampleBox); len(parties) != 0 {
		t.Errorf("%v go by the box", parties)
	}
	// Another's claim of what is taken.
	_, holder := signing(t, s.World, "04595252") // goes by A1B
	rival := s.imports(t, registry.Identifier{Kind: verifier.BusinessID, Value: traderUBN}, registry.Identifier{Kind: verifier.BrokerBox, Value: "A1B"}, s.CustomsFile(brokerUBN))
	path = s.claimPath(t, rival, "approve")
	see(t, s.operator.Get(path), http.StatusOK, "已有註冊者使用相同的代碼", string(holder))
	see(t, s.operator.Post(path, "confirm", "yes"), http.StatusUnprocessableEntity, "另一註冊者已使用此代碼")
}

func TestStaffWithdrawsAndRevokes(t *testing.T) {
	s := newStaffWorld(t)
	led(t, s.operator.Post(s.change(s.party, s.waiting, "withdraw"), "confirm", "yes"), "/staff/parties/"+string(s.party))
	if state := s.state(t, s.waiting); state != verifier.Withdrawn {
		t.Errorf("it is %s", state)
	}
	s.last(t, s.party, "withdrawn")
	file, party := signing(t, s.World, "04595252")
	path := s.change(party, file, "revoke")
	see(t, s.operator.Get(path), http.StatusOK, "廢止後永遠無法恢復", "所有註冊者", "金鑰遭破解或外洩")
	led(t, s.operator.Post(path, "confirm", "yes", "reason", "keyCompromise"), "/staff/parties/"+string(party))
	see(t, s.operator.Get("/staff/parties/"+string(party)), http.StatusOK, "憑證已廢止", "已廢止")
	if state := s.state(t, file); state != verifier.Revoked {
		t.Errorf("it is %s", state)
	}
	var reason string
	f := s.Certificate(file).Fingerprint()
	if err := s.Pool.QueryRow(t.Context(), "SELECT reason FROM revocations WHERE fingerprint = $1", f[:]).Scan(&reason); err != nil || reason != "keyCompromise" {
		t.Errorf("reason %q, %v", reason, err)
	}
	s.last(t, party, "revoked")
}

func TestSecurityStaffRevocationNeedsConfirmationAndAReason(t *testing.T) {
	s := newStaffWorld(t)
	file, party := signing(t, s.World, "04595252")
	path := s.change(party, file, "revoke")
	for _, fields := range [][]string{
		{}, {"reason", "keyCompromise"}, {"confirm", "yes"}, {"confirm", "yes", "reason", ""}, {"confirm", "yes", "reason", "certificateHold"},
		{"confirm", "yes", "reason", "removeFromCRL"}, {"confirm", "yes", "reason", "<script>"}, {"confirm", "true", "reason", "superseded"},
	} {
		if page := s.operator.Post(path, fields...); page.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", fields, page.StatusCode)
		}
	}
	if state := s.state(t, file); state != verifier.InForce {
		t.Errorf("it is %s", state)
	}
}

func TestSecurityStaffApprovesNothingUnproved(t *testing.T) {
	s := newStaffWorld(t)
	if page := s.operator.Post(s.change(s.party, s.waiting, "approve"), "confirm", "yes"); page.StatusCode != http.StatusNotFound {
		t.Errorf("by direct POST: %d", page.StatusCode)
	}
	r := postgres.Registered{Party: s.party, Certificate: s.Certificate(s.waiting).Fingerprint(), Usage: registry.Signing}
	if _, _, err := s.Store.ApproveBinding(t.Context(), "operator:olga", r); err == nil || !strings.Contains(err.Error(), registry.ErrNotProved.Error()) {
		t.Errorf("by the store: %v", err)
	}
	if state := s.state(t, s.waiting); state != verifier.Pending || s.accountOf(t, s.party) != "" {
		t.Errorf("it is %s", state)
	}
	// What isn't pending can't be approved either.
	file, party := signing(t, s.World, "04595252")
	see(t, s.operator.Post(s.change(party, file, "approve"), "confirm", "yes"), http.StatusNotFound)
}

func TestStaffApprovesAReset(t *testing.T) {
	s := newStaffWorld(t)
	card := s.CompanyCard(traderUBN)
	party := s.Account(traderUBN, card, noPassword)
	if _, err := s.Store.NewReset(t.Context(), "visitor:test", party, true); err != nil {
		t.Fatal(err)
	}
	resets, err := s.Store.ResetsForStaff(t.Context())
	if err != nil || len(resets) != 1 {
		t.Fatal(resets, err)
	}
	path := fmt.Sprintf("/staff/resets/%d", resets[0].ID)
	see(t, s.operator.Get("/staff"), http.StatusOK, path)
	see(t, s.operator.Get(path), http.StatusOK, traderUBN)
	see(t, s.operator.Post(path), http.StatusUnprocessableEntity, "請先勾選確認")
	led(t, s.operator.Post(path, "confirm", "yes"), "/staff/parties/"+string(party))
	s.last(t, party, "reset_approved")
	var mail registry.Mail
	for found := true; found && err == nil; {
		found, err = s.Store.SendNext(t.Context(), func(_ context.Context, m registry.Mail) error { mail = m; return nil })
	}
	link := regexp.MustCompile(regexp.QuoteMeta(s.Origin) + `/reset\?token=(\S+)`).FindStringSubmatch(mail.Text)
	if err != nil || link == nil || mail.To != "owner-"+traderUBN+"@example.test" {
		t.Fatalf("%+v, %v", mail, err)
	}
	if valid, err := s.Store.ResetValid(t.Context(), link[1]); err != nil || !valid {
		t.Errorf("the link is void: %v", err)
	}
	if page := s.operator.Get("/staff/parties/" + string(party)); strings.Contains(page.Text, link[1]) || strings.Contains(page.Text, mail.To) {
		t.Error("operators see the link, or the address")
	}
	see(t, s.operator.Post(path, "confirm", "yes"), http.StatusNotFound)
}

func TestStaffSearches(t *testing.T) {
	s := newStaffWorld(t)
	person := s.imports(t, registry.Identifier{Kind: verifier.NationalID, Value: personID}, registry.Identifier{Kind: verifier.Specialist, Value: specialist}, s.CustomsFile("04595252"))
	for who, party := range map[string]verifier.PartyID{
		brokerUBN: s.party, sampleBox: s.party, string(s.party): s.party, personID: person, specialist: person,
	} {
		see(t, s.operator.Post("/staff/search", "who", who), http.StatusOK, "找到 1 筆", string(party))
		s.last(t, party, "party_searched")
	}
	see(t, s.operator.Post("/staff/search", "who", "nobody@example.test"), http.StatusOK, "查無符合的註冊者")
	see(t, s.operator.Post("/staff/search", "who", " "), http.StatusUnprocessableEntity)
	if page := s.operator.Get("/staff/search?who=" + personID); strings.Contains(page.Text, string(person)) {
		t.Error("a search works by GET")
	}
	entries, err := s.Store.AuditEntries(t.Context(), registry.AuditQuery{Limit: 1})
	if err != nil || entries[0].Action != registry.PartySearched || entries[0].Detail != "found=0" {
		t.Errorf("audited %+v, %v", entries, err)
	}
	if page := s.operator.Get("/staff/parties/" + string(person)); strings.Contains(page.Text, personID) || !strings.Contains(page.Text, "A********9") {
		t.Error("a national id is shown")
	}
	if strings.Contains(s.Log(), personID) || strings.Contains(s.Log(), brokerUBN) {
		t.Error("the log holds what was searched for")
	}
}

func TestStaffReadsTheAuditLog(t *testing.T) {
	s := newStaffWorld(t)
	for i := range 120 {
		if err := s.Store.Note(t.Context(), "visitor:test", registry.Queried, "", nil, fmt.Sprintf("by=%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	page := see(t, s.operator.Get("/staff/audit"), http.StatusOK, "by=119", "查詢憑證", "(UTC+8)")
	seen := strings.Count(page.Text, "<tr>") - 1
	older := regexp.MustCompile(`href="(/staff/audit\?before=\d+)"`)
	for {
		next := older.FindStringSubmatch(html.UnescapeString(page.Text))
		if next == nil {
			break
		}
		page = see(t, s.operator.Get(next[1]), http.StatusOK, "最新的紀錄")
		seen += strings.Count(page.Text, "<tr>") - 1
	}
	all, err := s.Store.AuditEntries(t.Context(), registry.AuditQuery{Limit: 1000})
	if err != nil || seen != len(all) {
		t.Errorf("%d entries are shown of %d, %v", seen, len(all), err)
	}
	page = see(t, s.operator.Get("/staff/audit?party="+string(s.party)+"&before=x"), http.StatusOK, "註冊憑證", "申報代碼")
	if strings.Contains(page.Text, "by=1") {
		t.Error("others' entries are shown")
	}
}

// TestStaffHasWordsForEveryAction that is audited, and for every reason.
func TestStaffHasWordsForEveryAction(t *testing.T) {
	words, err := os.ReadFile("words/staff.json")
	if err != nil {
		t.Fatal(err)
	}
	actions := regexp.MustCompile(`(?:AuditAction|ChangeKind) += "([a-z_]+)"`)
	for _, file := range []string{"../audit.go", "../snapshot.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := actions.FindAllSubmatch(source, -1)
		if len(found) < 9 {
			t.Errorf("%s: %d actions", file, len(found))
		}
		for _, action := range found {
			if !strings.Contains(string(words), `"staff.audited.`+string(action[1])+`"`) {
				t.Errorf("no words for %s", action[1])
			}
		}
	}
	for _, reason := range registry.RevocationReasons {
		if !strings.Contains(string(words), `"staff.reason.`+string(reason)+`"`) {
			t.Errorf("no words for %s", reason)
		}
	}
}

// TestSecurityStaffIsForOperatorsOnly: to all others every path of theirs is none.
func TestSecurityStaffIsForOperatorsOnly(t *testing.T) {
	s := newStaffWorld(t)
	s.proves(t, s.party, s.waiting)
	card := s.CompanyCard(traderUBN)
	party := s.Account(traderUBN, card, noPassword)
	if _, err := s.Store.NewReset(t.Context(), "visitor:test", party, true); err != nil {
		t.Fatal(err)
	}
	resets, err := s.Store.ResetsForStaff(t.Context())
	if err != nil || len(resets) != 1 {
		t.Fatal(err)
	}
	reset := fmt.Sprintf("/staff/resets/%d", resets[0].ID)
	gets := []string{
		"/staff", "/staff/search", "/staff/audit", "/staff/parties/" + string(s.party), reset,
		s.claimPath(t, s.party, "approve"), s.claimPath(t, s.party, "refuse"),
		s.change(s.party, s.waiting, "approve"), s.change(s.party, s.waiting, "withdraw"), s.change(s.party, s.waiting, "revoke"),
	}
	posts := append([]string{"/staff/search"}, gets[4:]...)
	source := ""
	for _, file := range []string{"staff.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source += string(text)
	}
	if n := strings.Count(source, `"GET " + staff`) + strings.Count(source, `"POST " + staff`); n != 11 {
		t.Errorf("%d routes: is every one tried here?", n)
	}
	before := rows(t, s.World)
	for name, c := range map[string]*portaltest.Client{
		"anonymous":           s.Visitor(),
		"a party's card":      s.LoggedInBy(party, card),
		"a party's password":  s.LoggedIn(registry.Opening{LoginHolder: registry.LoginHolder{Party: party}, Strength: registry.ByPassword}),
		"the pending party's": s.LoggedIn(registry.Opening{LoginHolder: registry.LoginHolder{Party: s.party}, Strength: registry.ByPassword}),
	} {
		c.Get("/why") // for a token
		for _, path := range gets {
			if page := c.Get(path); page.StatusCode != http.StatusNotFound || strings.Contains(page.Text, sampleBox) {
				t.Errorf("%s: GET %s: %d", name, path, page.StatusCode)
			}
		}
		for _, path := range posts {
			if page := c.Post(path, "confirm", "yes", "reason", "superseded", "who", brokerUBN); page.StatusCode != http.StatusNotFound {
				t.Errorf("%s: POST %s: %d", name, path, page.StatusCode)
			}
		}
	}
	after := rows(t, s.World)
	for _, table := range []string{"registrations", "revocations", "identifiers", "identifier_claims", "outbox", "password_resets", "registry_changes"} {
		if before[table] != after[table] {
			t.Errorf("%s: %d rows, then %d", table, before[table], after[table])
		}
	}
	if state := s.state(t, s.waiting); state != verifier.Pending {
		t.Errorf("it is %s", state)
	}
}

func TestSecurityStaffFormsAreTokened(t *testing.T) {
	s := newStaffWorld(t)
	s.proves(t, s.party, s.waiting)
	for _, path := range []string{"/staff/search", s.change(s.party, s.waiting, "approve"), s.change(s.party, s.waiting, "revoke"), s.claimPath(t, s.party, "approve")} {
		for _, token := range []string{"", "AAAA"} {
			if page := s.operator.Post(path, "csrf", token, "confirm", "yes", "reason", "superseded", "who", brokerUBN); page.StatusCode != http.StatusForbidden {
				t.Errorf("%s with token %q: %d", path, token, page.StatusCode)
			}
		}
		request, _ := http.NewRequest(http.MethodPost, s.Origin+path, strings.NewReader("confirm=yes"))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", "https://evil.example")
		if page := s.operator.Do(request); page.StatusCode != http.StatusForbidden {
			t.Errorf("%s from elsewhere: %d", path, page.StatusCode)
		}
	}
	if state := s.state(t, s.waiting); state != verifier.Pending {
		t.Errorf("it is %s", state)
	}
}

func TestSecurityStaffShowsNoScripts(t *testing.T) {
	s := newStaffWorld(t)
	const attack = `<script>alert(1)</script>`
	evil := s.Issue(s.PKI.MOEACA, verifiertest.Company{Name: attack + `"><img src=x onerror=alert(2)>`, BusinessID: traderUBN}, s.Terms())
	party := s.imports(t, registry.Identifier{Kind: verifier.BusinessID, Value: traderUBN}, registry.Identifier{Kind: verifier.Account, Value: `"><script>alert(3)</script>`}, evil)
	s.proves(t, party, evil)
	for _, page := range []portaltest.Page{
		s.operator.Get("/staff"), s.operator.Get("/staff/parties/" + string(party)), s.operator.Get("/staff/audit"),
		s.operator.Get(s.change(party, evil, "approve")), s.operator.Get(s.change(party, evil, "revoke")), s.operator.Get(s.claimPath(t, party, "approve")),
		s.operator.Post("/staff/search", "who", `"><script>alert(3)</script>`), s.operator.Get("/staff/audit?party=" + `%22%3E%3Cscript%3E`),
	} {
		if page.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", page.Request.URL.Path, page.StatusCode)
		}
		if main := body(page.Text); strings.Contains(main, "<script") || strings.Contains(main, "<img") {
			t.Errorf("%s shows %s", page.Request.URL.Path, main)
		}
	}
	if page := s.operator.Get("/staff"); !strings.Contains(html.UnescapeString(page.Text), "alert(3)") {
		t.Error("the claim isn't shown at all")
	}
}

func TestStaffLooksRight(t *testing.T) {
	s := newStaffWorld(t)
	proved := s.CustomsFile("04595252")
	s.imports(t, registry.Identifier{Kind: verifier.BusinessID, Value: brokerUBN}, registry.Identifier{Kind: verifier.BrokerBox, Value: "B77"}, proved)
	s.proves(t, s.party, proved)
	card := s.CompanyCard(traderUBN)
	party := s.Account(traderUBN, card, noPassword)
	if _, err := s.Store.NewReset(t.Context(), "visitor:test", party, true); err != nil {
		t.Fatal(err)
	}
	resets, err := s.Store.ResetsForStaff(t.Context())
	if err != nil || len(resets) != 1 {
		t.Fatal(err)
	}
	b := portaltest.NewBrowser(t, s.Origin)
	b.LogIn(s.operator)
	b.ScreenshotBoth("/staff", "staff")
	b.ScreenshotBoth("/staff/parties/"+string(s.party), "staff-party")
	b.ScreenshotBoth("/staff/parties/"+string(party), "staff-party-account")
	b.ScreenshotBoth(s.change(s.party, proved, "approve"), "staff-approve")
	b.ScreenshotBoth(s.change(s.party, proved, "revoke"), "staff-revoke")
	b.ScreenshotBoth(fmt.Sprintf("/staff/resets/%d", resets[0].ID), "staff-reset")
	b.ScreenshotBoth("/staff/audit", "staff-audit")
	claims, err := s.Store.Claims(t.Context(), s.party)
	if err != nil || len(claims) == 0 {
		t.Fatal(err)
	}
	b.ScreenshotBoth("/staff/claims/"+string(s.party)+"/"+claims[0].Lookup.String()+"/approve", "staff-claim")
	b.ScreenshotBoth("/staff/search", "staff-search")
	b.Fill("#who", brokerUBN)
	b.Submit()
	b.Screenshot("staff-found-zh")
}
