package portal_test

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// TestSecurityImportOfOnesOwnKeyUnderAnothersUBN: whoever knows a 統一編號 can have a key
// of their own listed under it, and can prove to hold it; it never counts.
func TestSecurityImportOfOnesOwnKeyUnderAnothersUBN(t *testing.T) {
	w := portaltest.NewWorld(t)
	card := w.CompanyCard(brokerUBN)
	victim := w.Account(brokerUBN, card, noPassword)
	attackersCard := w.CompanyCard(traderUBN)
	attacker := w.Account(traderUBN, attackersCard, noPassword)
	own := w.Issue(w.PKI.Customs, verifiertest.CustomsHolder{BusinessID: traderUBN}, keyed(w, 3))
	forgery := unbelieved(t, w, verifiertest.CustomsHolder{BusinessID: brokerUBN})

	for name, c := range map[string]*portaltest.Client{
		"nobody":        w.Visitor(),
		"another party": w.LoggedInBy(attacker, attackersCard),
		"a password":    w.LoggedIn(registry.Opening{LoginHolder: registry.LoginHolder{Party: victim}, Strength: registry.ByPassword}),
	} {
		for what, file := range map[string]*verifiertest.Identity{"a certificate of their own": own, "a forgery that names the victim": forgery} {
			begin(t, c, company(brokerUBN)...)
			led(t, bring(t, c, registry.Customs, file.DER()), "/import/preview")
			if page := c.Get("/import/preview"); strings.Contains(page.Text, `name="confirm"`) {
				t.Errorf("%s may confirm %s", name, what)
			}
			led(t, send(t, c, "confirm", "yes"), "/import/done")
			see(t, c.Get("/import/done"), http.StatusOK, "待確認")
			counting(t, w, brokerUBN)

			path := "/import/prove/" + fingerprint(w, file)
			page := see(t, c.Get(path), http.StatusOK)
			c.Post(path, "nonce", nonceOf(t, page), "signature", prove(t, w, page, file))
			for _, action := range []string{"confirm", "main"} {
				c.Post("/certificates/mine/" + fingerprint(w, file) + "/signing/" + action)
			}
			counting(t, w, brokerUBN)
			counting(t, w, traderUBN)
			if l := one(t, w, file, registry.Signing); l.State != verifier.Pending || l.Party != victim {
				t.Fatalf("%s: %s is %s of %s", name, what, l.State, l.Party)
			}
		}
	}
	// By card, too: possession isn't a name.
	c := w.Visitor()
	begin(t, c, company(brokerUBN)...)
	led(t, c.Post("/import/certificate", append(w.Signed(c.Get("/import/certificate"), attackersCard), "medium", "card", "go", "next")...), "/import/preview")
	led(t, send(t, c), "/import/done")
	counting(t, w, brokerUBN)
}

// TestSecurityTakeoverOfACertificateInForce: certificates are public; one that counts for
// its owner can't be had by anybody else, nor kept from its owner.
func TestSecurityTakeoverOfACertificateInForce(t *testing.T) {
	w := portaltest.NewWorld(t)
	card := w.CompanyCard(traderUBN)
	attacker := w.Account(traderUBN, card, noPassword)
	c, file := w.LoggedInBy(attacker, card), w.CustomsFile(brokerUBN)

	// First come, not first served.
	see(t, imported(t, c, company(traderUBN), registry.Customs, file.DER()), http.StatusOK, "待確認")
	see(t, imported(t, w.Visitor(), company(brokerUBN), registry.Customs, file.DER()), http.StatusOK, "主憑證匯入成功")
	counting(t, w, brokerUBN, file)
	c.Get("/certificates/mine")
	see(t, c.Post("/certificates/mine/"+fingerprint(w, file)+"/signing/confirm"), http.StatusNotFound)
	counting(t, w, traderUBN)

	second := w.CustomsFile(brokerUBN)
	imported(t, w.Visitor(), company(brokerUBN), registry.Customs, second.DER())
	begin(t, c, company(traderUBN)...)
	led(t, bring(t, c, registry.Customs, second.DER()), "/import/preview")
	see(t, send(t, c, "confirm", "yes"), http.StatusUnprocessableEntity, "為另一戶使用中", "單一窗口服務中心")
	counting(t, w, traderUBN)
	counting(t, w, brokerUBN, file, second)
}

// TestSecurityAProofCountsForItsPartyOnly: the same certificate may wait with several
// parties; its holder means one of them.
func TestSecurityAProofCountsForItsPartyOnly(t *testing.T) {
	w := portaltest.NewWorld(t)
	card := w.CompanyCard(traderUBN)
	thief := w.Account(traderUBN, card, noPassword)
	file := w.CustomsFile(brokerUBN)
	imported(t, w.LoggedInBy(thief, card), company(traderUBN), registry.Customs, file.DER())
	honest := w.Visitor()
	imported(t, honest, declarant(), registry.Customs, file.DER())
	path := "/import/prove/" + fingerprint(w, file)
	page := honest.Get(path)
	led(t, honest.Post(path, "nonce", nonceOf(t, page), "signature", prove(t, w, page, file)), "/import/done")
	for _, l := range every(t, w, file, registry.Signing) {
		if proved := !l.Proved.IsZero(); proved != (l.Party != thief) {
			t.Errorf("proved of %s: %v", l.Party, proved)
		}
	}
	// A challenge is its session's.
	other := w.Visitor()
	imported(t, other, declarant(), registry.Customs, file.DER())
	page = honest.Get(path)
	other.Get(path)
	see(t, other.Post(path, "nonce", nonceOf(t, page), "signature", prove(t, w, page, file)), http.StatusUnprocessableEntity)
}

// TestSecurityCertificatesAreShownAsText: what a certificate, or a file's name, says is no
// markup on any page.
func TestSecurityCertificatesAreShownAsText(t *testing.T) {
	w := portaltest.NewWorld(t)
	card := w.CompanyCard(brokerUBN)
	party := w.Account(brokerUBN, card, noPassword)
	const script = `<script>alert(1)</script><img src=x onerror=alert(2)>`
	subject, err := asn1.Marshal(pkix.Name{Organization: []string{script, `"><svg/onload=alert(3)>`}, CommonName: brokerUBN + "-06-000"}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	file := unknownIssuer(t, w, subject)
	c := w.LoggedInBy(party, card)
	begin(t, c, company(brokerUBN)...)
	led(t, c.Upload("/import/certificate", "file", `<script>alert(4)</script>.cer`, file.DER(), "medium", "file", "kind", "customs", "go", "next"), "/import/preview")
	pages := []portaltest.Page{c.Get("/import/preview")}
	led(t, send(t, c), "/import/done")
	pages = append(pages, c.Get("/import/done"), c.Get("/certificates/mine"), c.Get("/certificates/mine/"+fingerprint(w, file)+"/signing/refuse"),
		c.Get("/import/prove/"+fingerprint(w, file)), ask(t, c, brokerUBN), ask(t, w.Visitor(), brokerUBN), ask(t, w.Visitor(), script))
	unknown, err := asn1.Marshal(pkix.Name{CommonName: script}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	begin(t, c, company(brokerUBN)...)
	pages = append(pages, bring(t, c, registry.Customs, unknownIssuer(t, w, unknown).DER()))
	for _, page := range pages {
		if !strings.Contains(page.Text, "alert(") && !strings.Contains(page.Text, "an authority of nobody") {
			t.Errorf("%s doesn't show the certificate", page.Request.URL.Path)
		}
		for _, markup := range []string{"<script>", "<img src=x", "<svg/onload"} {
			if strings.Contains(page.Text, markup) {
				t.Errorf("%s %s holds %s", page.Request.Method, page.Request.URL.Path, markup)
			}
		}
	}
}

// TestSecurityHostileCertificates: odd and huge ones are refused, or shown as far as they
// can be read; the portal lives.
func TestSecurityHostileCertificates(t *testing.T) {
	w := portaltest.NewWorld(t)
	c := w.Visitor()
	begin(t, c, company(brokerUBN)...)
	long, err := asn1.Marshal(pkix.Name{CommonName: brokerUBN + "-06-000", Organization: []string{strings.Repeat("長", 40000)}}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	see(t, bring(t, c, registry.Customs, unknownIssuer(t, w, long).DER()), http.StatusUnprocessableEntity, "超過 16 KB")
	fairly, err := asn1.Marshal(pkix.Name{CommonName: brokerUBN + "-06-000", Organization: []string{strings.Repeat("長", 4000)}}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	led(t, bring(t, c, registry.Customs, unknownIssuer(t, w, fairly).DER()), "/import/preview")
	if page := see(t, c.Get("/import/preview"), http.StatusOK, "長…"); len(page.Text) > 40000 {
		t.Errorf("the page has %d bytes", len(page.Text))
	}
	big5 := w.Terms()
	big5.Names = verifiertest.T61Big5
	led(t, bring(t, c, registry.MOEACA, w.Issue(w.PKI.MOEACA, verifiertest.Company{Name: "測試報關", BusinessID: brokerUBN}, big5).DER()), "/import/preview")
	see(t, c.Get("/import/preview"), http.StatusOK, "serialNumber="+brokerUBN, "送出後立即生效")
	contradictory := w.Issue(w.PKI.MOEACA, verifiertest.Company{Name: "測試", BusinessID: brokerUBN, ClaimedID: traderUBN}, w.Terms())
	see(t, bring(t, c, registry.MOEACA, contradictory.DER()), http.StatusUnprocessableEntity, "不一致")

	began := time.Now()
	nested := slices.Concat(bytes.Repeat([]byte{0x30, 0x80}, 30000), []byte{0x04, 0x83, 1, 0, 0}, make([]byte, 1<<16), bytes.Repeat([]byte{0, 0}, 30000))
	see(t, bring(t, c, registry.Customs, nested), http.StatusUnprocessableEntity, "無法判讀")
	see(t, bring(t, c, registry.Customs, pem.EncodeToMemory(&pem.Block{Type: "PKCS7", Bytes: nested})), http.StatusUnprocessableEntity, "無法判讀")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("reading nested files took %v", took)
	}
}

// TestSecurityFormsOfImportNeedTheirToken: a form of another site, or without the
// session's token, does nothing.
func TestSecurityFormsOfImportNeedTheirToken(t *testing.T) {
	w := portaltest.NewWorld(t)
	file := w.CustomsFile(brokerUBN)
	c := w.Visitor()
	begin(t, c, company(brokerUBN)...)
	led(t, bring(t, c, registry.Customs, file.DER()), "/import/preview")
	digest := digestInput.FindStringSubmatch(c.Get("/import/preview").Text)[1]
	for _, path := range []string{"/import", "/import/certificate", "/import/preview", "/import/prove/" + fingerprint(w, file), "/certificates", "/certificates/mine/" + fingerprint(w, file) + "/signing/delete"} {
		for _, site := range []string{"", "https://evil.example"} {
			request, err := http.NewRequest(http.MethodPost, w.Origin+path, strings.NewReader("go=send&digest="+digest))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if site != "" {
				request.Header.Set("Origin", site)
			}
			if page := c.Do(request); page.StatusCode != http.StatusForbidden {
				t.Errorf("POST %s from %q: status %d", path, site, page.StatusCode)
			}
		}
	}
	if found := every(t, w, file, registry.Signing); len(found) != 0 {
		t.Errorf("registered %v", found)
	}
}

// TestSecurityNobodyIsNamedInLogsAndURLs goes through the flows and looks for what was
// entered in all that is kept of them beside the registry.
func TestSecurityNobodyIsNamedInLogsAndURLs(t *testing.T) {
	w := portaltest.NewWorld(t)
	c, file := w.Visitor(), w.CustomsFile(brokerUBN)
	var urls []string
	c.HTTP.Transport = watching{&urls}
	imported(t, c, declarant(), registry.Customs, file.DER())
	path := "/import/prove/" + fingerprint(w, file)
	page := c.Get(path)
	c.Post(path, "nonce", nonceOf(t, page), "signature", prove(t, w, page, file))
	for _, who := range []string{personID, brokerUBN, specialist, "wang@example.test"} {
		ask(t, c, who)
	}
	bring(t, c, registry.Customs, []byte(personID))
	entries, err := w.Store.AuditEntries(t.Context(), registry.AuditQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	kept := w.Log() + strings.Join(urls, " ")
	for _, e := range entries {
		kept += string(e.Actor) + " " + e.Detail + "\n"
	}
	for _, secret := range []string{personID, brokerUBN, specialist, "wang@", "陳美", "%E9%99%B3", nonceOf(t, page), "TEST1234"} {
		if strings.Contains(kept, secret) {
			t.Errorf("%s is kept", secret)
		}
	}
	if !strings.Contains(kept, "/import/prove/"+fingerprint(w, file)) || !strings.Contains(kept, "GET /import/prove/{certificate}") {
		t.Error("the test looks in the wrong place")
	}
}

// watching notes the URLs that a client asks for and is led to.
type watching struct{ urls *[]string }

func (t watching) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	*t.urls = append(*t.urls, r.URL.String())
	if err == nil {
		*t.urls = append(*t.urls, response.Header.Get("Location"))
	}
	return response, err
}

// TestSecurityStrangersCantFillThePlacesOfAParty: imports that nothing speaks for are
// few.
func TestSecurityStrangersCantFillThePlacesOfAParty(t *testing.T) {
	w := portaltest.NewWorld(t)
	n := 0
	for ; n < 20; n++ {
		c := w.Visitor()
		begin(t, c, company(brokerUBN)...)
		led(t, bring(t, c, registry.Customs, w.CustomsFile(traderUBN).DER()), "/import/preview")
		if send(t, c).StatusCode == http.StatusTooManyRequests {
			break
		}
	}
	if n < 5 || n > 12 {
		t.Errorf("%d imports that wait were taken", n)
	}
	// The party's own still goes.
	see(t, imported(t, w.Visitor(), company(brokerUBN), registry.Customs, w.CustomsFile(brokerUBN).DER()), http.StatusOK, "主憑證匯入成功")
}

// FuzzImportFile: a file is refused with words, or gives one certificate that is read from
// its own bytes alone just so; one with a private key in it is always refused.
func FuzzImportFile(f *testing.F) {
	pki, err := verifiertest.NewPKI(1, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		f.Fatal(err)
	}
	terms := verifiertest.Terms{NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
	good, err := pki.Customs.Issue(verifiertest.CustomsHolder{BusinessID: brokerUBN}, terms)
	if err != nil {
		f.Fatal(err)
	}
	key, err := good.KeyPEM()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good.DER())
	f.Add(good.CertificatePEM())
	f.Add(append(good.CertificatePEM(), key...))
	f.Add(append(good.CertificatePEM(), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pki.Customs.Certificate.Raw})...))
	f.Add(bytes.Repeat([]byte{0x30, 0x80}, 100))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"))
	seeds, err := filepath.Glob("testdata/import/*")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, seed := range seeds {
		text, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		cert, err := portal.ReadImportFile(file)
		if err != nil {
			var refused *registry.Refusal
			if !errors.As(err, &refused) || refused.Chinese == "" || refused.English == "" {
				t.Errorf("refused without words: %v", err)
			}
			return
		}
		for rest := file; ; {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			if strings.HasSuffix(block.Type, "PRIVATE KEY") {
				t.Error("a file with a private key was taken")
			}
		}
		again, err := portal.ReadImportFile(cert.DER())
		if err != nil || again.Fingerprint() != cert.Fingerprint() {
			t.Errorf("read alone, it is refused: %v", err)
		}
	})
}
