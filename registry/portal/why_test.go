package portal_test

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

const whySender = "97162640"

// signing registers a customs certificate of the company for signing, in force, and
// returns it. The first company of a world that does goes by the box A1B.
func signing(t testing.TB, w *portaltest.World, businessID string) (*verifiertest.Identity, verifier.PartyID) {
	t.Helper()
	file := w.CustomsFile(businessID)
	done, err := w.Store.Import(t.Context(), "visitor:test", registry.Import{
		Principal:    registry.Identifier{Kind: verifier.BusinessID, Value: businessID},
		Claims:       []registry.Identifier{{Kind: verifier.BrokerBox, Value: "A1B"}},
		Registration: registry.NewRegistration{Certificate: w.Certificate(file), Usage: registry.Signing, Kind: registry.Customs, Medium: registry.File, UsageType: registry.BrokerUse, From: w.Now.AddDate(0, 0, -1)},
		Binding:      registry.Binding{InForce: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := w.Store.Claims(t.Context(), done.Party)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range claims {
		if _, err := w.Store.ApproveClaim(t.Context(), "operator:test", c.Party, c.Lookup); err != nil && !errors.Is(err, registry.ErrIdentifierTaken) {
			t.Fatal(err)
		}
	}
	return file, done.Party
}

func TestWhySaysWhatTheGatewayWould(t *testing.T) {
	w := portaltest.NewWorld(t)
	file, _ := signing(t, w, whySender)
	stranger := w.CustomsFile("04595252")
	signed := string(verifiertest.Sign(t, file, verifiertest.Declaration("A1B", 1)))
	tests := []struct {
		name, account, message string
		want                   []string
		not                    string
	}{
		{"verified", whySender, signed, []string{"VERIFIED", "驗章通過"}, "未檢查該憑證"},
		{"amount raised", whySender, strings.Replace(signed, ">100<", ">900<", 1), []string{"DIGEST_MISMATCH", "如何改善"}, ""},
		{"blanks collapsed", whySender, strings.Replace(signed, "AA  15", "AA 15", 1), []string{"DIGEST_MISMATCH", "第 4 行", "Declaration/ID", `"AA  15A1B00001"`}, ""},
		{"signed by a stranger", whySender, string(verifiertest.Sign(t, stranger, verifiertest.Declaration("A1B", 1))), []string{"UNREGISTERED_CERTIFICATE", file.Parsed(t).Serial()}, ""},
		{"another's box", whySender, string(verifiertest.Sign(t, file, verifiertest.Declaration("Z9Z", 1))), []string{"SENDER_MISMATCH"}, ""},
		{"unknown account", "04177036", signed, []string{"查無此帳號"}, ""},
		{"unsigned", whySender, string(verifiertest.Declaration("A1B", 1)), []string{"UNSIGNED"}, ""},
		{"no account", "", signed, []string{"簽章正確（未檢查註冊）", "未檢查該憑證是否已由傳送者註冊"}, "驗章通過"},
		{"no account, changed", "", strings.Replace(signed, ">100<", ">900<", 1), []string{"DIGEST_MISMATCH", "未檢查該憑證"}, "已登錄憑證"},
		{"no account, no certificate", "", withoutKeyInfo(signed), []string{"無法判定：報文未附憑證"}, "UNREGISTERED"},
	}
	c := w.Visitor()
	c.Get("/why")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, page := range []portaltest.Page{
				c.Post("/why", "account", tt.account, "message", tt.message),
				c.Upload("/why", "file", "NX5203.xml", []byte(tt.message), "account", tt.account),
			} {
				text := html.UnescapeString(page.Text)
				if page.StatusCode != http.StatusOK {
					t.Fatalf("status %d", page.StatusCode)
				}
				for _, want := range tt.want {
					if !strings.Contains(text, want) {
						t.Errorf("it doesn't say %s: %s", want, body(text))
					}
				}
				if shown, _, _ := strings.Cut(text, "<form class"); tt.not != "" && strings.Contains(strings.SplitN(shown, "why-verdict", 2)[1], tt.not) {
					t.Errorf("it says %s", tt.not)
				}
			}
		})
	}
}

// withoutKeyInfo takes KeyInfo out of a signed document.
func withoutKeyInfo(doc string) string {
	before, rest, _ := strings.Cut(doc, "<dsig:KeyInfo")
	if rest == "" {
		before, rest, _ = strings.Cut(doc, "<KeyInfo")
	}
	_, after, _ := strings.Cut(rest, "KeyInfo>")
	return before + after
}

// TestSecurityWhyTellsNothingOfOthers: neither whose a certificate is that another party
// registered, nor which citizen holds one.
func TestSecurityWhyTellsNothingOfOthers(t *testing.T) {
	w := portaltest.NewWorld(t)
	_, party := signing(t, w, whySender)
	others, other := signing(t, w, "04177036")
	citizen := w.CitizenCard(personID)
	_, _, err := w.Store.Register(t.Context(), "operator:test", registry.NewRegistration{
		Party: party, Certificate: w.Certificate(citizen), Usage: registry.Signing, Kind: registry.MOICA, Medium: registry.Card, UsageType: registry.BrokerUse,
	})
	if err != nil {
		t.Fatal(err)
	}
	c := w.Visitor()
	c.Get("/why")
	theirs := string(verifiertest.Sign(t, others, verifiertest.Declaration("A1B", 1)))
	page := see(t, c.Post("/why", "account", whySender, "message", theirs), http.StatusOK, "SENDER_MISMATCH")
	for _, secret := range []string{string(other), "王小明", "0000000012345678"} {
		if strings.Contains(page.Text, secret) {
			t.Errorf("it tells %s", secret)
		}
	}
	signed := withoutKeyInfo(string(verifiertest.Sign(t, citizen, verifiertest.Declaration("A1B", 1))))
	page = see(t, c.Post("/why", "account", whySender, "message", signed), http.StatusOK, citizen.Parsed(t).Serial())
	if strings.Contains(page.Text, "王小明") || strings.Contains(page.Text, "0000000012345678") {
		t.Error("it tells which citizen holds a certificate")
	}
}

func TestWhyIsFilledInForWhoIsLoggedIn(t *testing.T) {
	w := portaltest.NewWorld(t)
	card := w.CompanyCard(whySender)
	party := w.Account(whySender, card, "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA")
	if page := w.LoggedInBy(party, card).Get("/why"); !strings.Contains(page.Text, `value="97162640"`) {
		t.Errorf("the account isn't filled in: %s", body(page.Text))
	}
}

func TestWhyRefusesNothingAndTooMuch(t *testing.T) {
	w := portaltest.NewWorld(t, func(cfg *portal.Config) { cfg.MaxMessage = 1 << 20 })
	c := w.Visitor()
	c.Get("/why")
	if page := c.Post("/why", "message", " \r\n "); page.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page.Text, "請選擇報文檔案") {
		t.Errorf("nothing: %d", page.StatusCode)
	}
	if page := c.Post("/why", "message", "<a/>", "account", "中文"); page.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("no account's name: %d", page.StatusCode)
	}
	if page := c.Upload("/why", "file", "a.xml", bytes.Repeat([]byte("x"), 1<<20)); page.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(page.Text, "turnkey explain") {
		t.Errorf("too large: %d", page.StatusCode)
	}
}

// rows counts the rows of every table but those that say how often somebody asked.
func rows(t testing.TB, w *portaltest.World) map[string]int {
	t.Helper()
	names, err := w.Pool.Query(t.Context(), `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'throttles'`)
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if len(tables) < 10 {
		t.Fatalf("only %d tables", len(tables))
	}
	counts := make(map[string]int)
	for _, table := range tables {
		var n int
		if err := w.Pool.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		counts[table] = n
	}
	return counts
}

func TestSecurityWhyStoresAndLogsNothing(t *testing.T) {
	w := portaltest.NewWorld(t)
	file, _ := signing(t, w, whySender)
	c := w.Visitor()
	c.Get("/why")
	before := rows(t, w)
	temporary, _ := os.ReadDir(os.TempDir())
	signed := verifiertest.Sign(t, file, verifiertest.Declaration("A1B", 12345))
	for range 3 {
		c.Upload("/why", "file", "SECRET-NAME.xml", bytes.Replace(signed, []byte(">100<"), []byte(">900<"), 1), "account", whySender)
		c.Post("/why", "message", string(signed), "account", whySender)
	}
	if after := rows(t, w); fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("something was stored:\n%v\n%v", before, after)
	}
	for _, secret := range []string{"SECRET-NAME", "12345", "不鏽鋼", whySender, "A1B", file.Parsed(t).Serial()} {
		if strings.Contains(w.Log(), secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
	if now, _ := os.ReadDir(os.TempDir()); len(now) > len(temporary)+8 { // of others'
		t.Logf("%d more temporary files", len(now)-len(temporary))
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "multipart-*")); len(left) > 0 {
		t.Errorf("left on disk: %v", left)
	}
}

func TestSecurityWhyShowsNoScripts(t *testing.T) {
	w := portaltest.NewWorld(t)
	c := w.Visitor()
	c.Get("/why")
	attack := `<a x="&lt;script&gt;alert(1)&lt;/script&gt;"><script>alert(2)</script><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><img src=x onerror=alert(3)></a>`
	page := c.Post("/why", "message", attack, "account", `"><script>alert(4)</script>`)
	page2 := c.Post("/why", "message", attack)
	for _, p := range []portaltest.Page{page, page2} {
		if _, main, _ := strings.Cut(p.Text, "<main"); strings.Contains(main, "<script") || strings.Contains(main, "<img") {
			t.Errorf("it shows %s", main)
		}
	}
}

// TestSecurityWhyIsNotHurtByHostileMessages: each is answered soon, with a page of
// ordinary size.
func TestSecurityWhyIsNotHurtByHostileMessages(t *testing.T) {
	w := portaltest.NewWorld(t)
	c := w.Visitor()
	c.Get("/why")
	const size = 6 << 20
	signature := `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/><SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><Reference URI=""><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></Transforms><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue>AAAA</DigestValue></Reference></SignedInfo><SignatureValue>AAAA</SignatureValue></Signature>`
	for name, doc := range map[string]string{
		"deep":       strings.Repeat("<a>", size/3),
		"attributes": `<a x="` + strings.Repeat("y", size) + `"/>`,
		"many":       "<a " + attributes(100_000) + "/>",
		"namespaces": "<a>" + strings.Repeat(`<b xmlns:c="u"><c:d/></b>`, size/25) + signature + "</a>",
		"elements":   "<a>" + strings.Repeat("<b/>", size/4) + signature + "</a>",
		"text":       "<a>" + strings.Repeat("x  ", size/3) + signature + "</a>",
		"bytes":      strings.Repeat("\x00\xff", size/2),
		"references": "<a>" + strings.Repeat("&amp;", size/5) + signature + "</a>",
	} {
		began := time.Now()
		page := c.Upload("/why", "file", "a.xml", []byte(doc))
		took := time.Since(began)
		t.Logf("%s: %d in %v, %d bytes", name, page.StatusCode, took, len(page.Text))
		if page.StatusCode != http.StatusOK || len(page.Text) > 200<<10 || took > 20*time.Second {
			t.Errorf("%s: %d in %v, %d bytes", name, page.StatusCode, took, len(page.Text))
		}
	}
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `a%d="" `, i)
	}
	return b.String()
}

func TestSecurityWhyIsThrottled(t *testing.T) {
	memory := portaltest.NewMemory()
	origin := portaltest.Start(t, memory)
	c := portaltest.NewClient(t, origin)
	c.Get("/why")
	memory.Wait = time.Minute
	if page := c.Upload("/why", "file", "a.xml", []byte("<a/>")); page.StatusCode != http.StatusTooManyRequests {
		t.Errorf("status %d", page.StatusCode)
	}
	if page := portaltest.NewClient(t, origin).Post("/why", "message", "<a/>"); page.StatusCode != http.StatusForbidden {
		t.Errorf("without a session: %d", page.StatusCode)
	}
}

func TestWhyLooksRight(t *testing.T) {
	w := portaltest.NewWorld(t)
	file, _ := signing(t, w, whySender)
	b := portaltest.NewBrowser(t, w.Origin)
	b.ScreenshotBoth("/why", "why")
	signed := verifiertest.Sign(t, file, verifiertest.Declaration("A1B", 1))
	dir := t.TempDir()
	write := func(name string, doc []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, doc, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	broken := write("broken.xml", bytes.Replace(signed, []byte("AA  15"), []byte("AA 15"), 1))
	for _, lang := range []string{"en", "zh"} {
		b.Goto("/why?lang=" + lang)
		b.Fill("#account", whySender)
		b.Choose("#file", broken)
		if status := b.Submit(); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		b.Audit("why-rejected-" + lang)
		b.Screenshot("why-rejected-" + lang)
	}
	b.Goto("/why")
	b.Choose("#file", write("good.xml", signed))
	b.Submit()
	b.Screenshot("why-alone-zh")
}
