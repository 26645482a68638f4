package portal_test

import (
	"crypto/x509"
	"encoding/asn1"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// respelt is the same certificate in other bytes: the signature, which nothing signs, is
// written as a bit string with one bit unused. It is nil where the signature has no room.
func respelt(t testing.TB, i *verifiertest.Identity) *verifiertest.Identity {
	t.Helper()
	var parts struct {
		TBS, Algorithm asn1.RawValue
		Signature      asn1.BitString
	}
	if _, err := asn1.Unmarshal(i.DER(), &parts); err != nil {
		t.Fatal(err)
	}
	bits := parts.Signature.Bytes
	if bits[0]&0x80 != 0 {
		return nil
	}
	shifted := make([]byte, len(bits))
	for n := range bits {
		shifted[n] = bits[n] << 1
		if n+1 < len(bits) {
			shifted[n] |= bits[n+1] >> 7
		}
	}
	parts.Signature = asn1.BitString{Bytes: shifted, BitLength: 8*len(bits) - 1}
	der, err := asn1.Marshal(parts)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &verifiertest.Identity{Certificate: certificate, Key: i.Key}
}

// TestSecurityARevokedCertificateStaysSoInOtherBytes: a certificate is known by its bytes,
// so there must be no others that say the same.
func TestSecurityARevokedCertificateStaysSoInOtherBytes(t *testing.T) {
	w := portaltest.NewWorld(t)
	var file, other *verifiertest.Identity
	for other == nil {
		file = w.CustomsFile(brokerUBN)
		other = respelt(t, file)
	}
	imported(t, w.Visitor(), company(brokerUBN), registry.Customs, file.DER())
	counting(t, w, brokerUBN, file)
	if _, _, err := w.Store.Revoke(t.Context(), registrytest.Operator, w.Certificate(file).Fingerprint(), "keyCompromise"); err != nil {
		t.Fatal(err)
	}
	thief := w.Visitor()
	begin(t, thief, company(brokerUBN)...)
	if page := bring(t, thief, registry.Customs, other.DER()); page.StatusCode == http.StatusSeeOther {
		send(t, thief)
	}
	counting(t, w, brokerUBN)
}

// TestSecurityWhatItsPartyEndedComesBackByItsWordOnly: certificates are public, and who
// deletes one may do so because its key was stolen.
func TestSecurityWhatItsPartyEndedComesBackByItsWordOnly(t *testing.T) {
	w := portaltest.NewWorld(t)
	card, lost := w.CompanyCard(brokerUBN), w.CompanyCard(brokerUBN)
	party := w.Account(brokerUBN, card, noPassword)
	_, _, err := w.Store.Register(t.Context(), registrytest.Operator, registry.NewRegistration{
		Party: party, Certificate: w.Certificate(lost), Usage: registry.Login, Kind: registry.MOEACA, Medium: registry.Card})
	if err != nil {
		t.Fatal(err)
	}
	file := w.CustomsFile(brokerUBN)
	imported(t, w.Visitor(), company(brokerUBN), registry.Customs, file.DER())
	counting(t, w, brokerUBN, file)
	for _, r := range []postgres.Registered{
		{Party: party, Certificate: w.Certificate(file).Fingerprint(), Usage: registry.Signing},
		{Party: party, Certificate: w.Certificate(lost).Fingerprint(), Usage: registry.Login},
	} {
		if _, err := w.Store.Withdraw(t.Context(), registry.PartyActor(party), r); err != nil {
			t.Fatal(err)
		}
	}
	counting(t, w, brokerUBN)

	for name, thief := range map[string]*portaltest.Client{
		"nobody":     w.Visitor(),
		"a password": w.LoggedIn(registry.Opening{LoginHolder: registry.LoginHolder{Party: party}, Strength: registry.ByPassword}),
	} {
		begin(t, thief, company(brokerUBN)...)
		led(t, bring(t, thief, registry.Customs, file.DER()), "/import/preview")
		led(t, send(t, thief, "confirm", "yes"), "/import/done")
		see(t, thief.Get("/import/done"), http.StatusOK, "待確認", "停用")
		begin(t, thief, company(brokerUBN)...)
		led(t, bring(t, thief, registry.MOEACA, lost.DER()), "/import/preview")
		led(t, send(t, thief, "confirm", "yes"), "/import/done")
		if counting(t, w, brokerUBN); t.Failed() {
			t.Fatalf("%s brought them back", name)
		}
	}
	// The party's word is enough.
	owner := w.LoggedInBy(party, card)
	path := "/certificates/mine/" + fingerprint(w, file) + "/signing/confirm"
	see(t, owner.Get(path), http.StatusOK)
	led(t, owner.Post(path), "/certificates/mine")
	counting(t, w, brokerUBN, file)
}

// TestSecurityFourDigitsTakeNoPartyOver: thousands share the last four digits of a
// 身分證字號, and a card proves no more of it.
func TestSecurityFourDigitsTakeNoPartyOver(t *testing.T) {
	w := portaltest.NewWorld(t)
	file := w.CustomsFile(brokerUBN)
	victim, err := w.Store.Import(t.Context(), "visitor:test", registry.Import{
		Principal:    registry.Identifier{Kind: verifier.NationalID, Value: somebody},
		Claims:       []registry.Identifier{{Kind: verifier.Specialist, Value: specialist}},
		Binding:      registry.Binding{Missing: []registry.Message{{Code: "NAMES_ANOTHER"}}},
		Possession:   true,
		Registration: registry.NewRegistration{Certificate: w.Certificate(file), Usage: registry.Signing, Kind: registry.Customs, Medium: registry.File, UsageType: registry.SpecialistUse},
	})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := w.Store.Claims(t.Context(), victim.Party)
	if err != nil || len(claims) != 1 {
		t.Fatal(claims, err)
	}
	if _, err := w.Store.ApproveClaim(t.Context(), "operator:chen", victim.Party, claims[0].Lookup); err != nil {
		t.Fatal(err)
	}
	registered := postgres.Registered{Party: victim.Party, Certificate: w.Certificate(file).Fingerprint(), Usage: registry.Signing}
	if _, _, err := w.Store.ApproveBinding(t.Context(), "operator:chen", registered); err != nil {
		t.Fatal(err)
	}
	counting(t, w, specialist, file)

	thief := newApplicant(t, w) // whose own 身分證字號 ends like the victim's
	thief.chooses("person", "citizen")
	thief.goes(thief.reads(w.CitizenCard(somebody)), "/register/details")
	thief.refuses(thief.fills("/register/details", personal(), "next"), "單一窗口服務中心")
	if _, _, err := w.Store.Account(t.Context(), victim.Party); err == nil {
		t.Error("a stranger has the party's account")
	}
}

// TestSecurityThePathOfAPageLeadsNowhereElse: what stands in the address is shown again as
// the link to the other language.
func TestSecurityThePathOfAPageLeadsNowhereElse(t *testing.T) {
	w := portaltest.NewWorld(t)
	for _, path := range []string{"//evil.example/login", "///evil.example"} {
		page := w.Visitor().Get(path)
		if page.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d to %q", path, page.StatusCode, page.Location())
		}
		if strings.Contains(page.Text, `="//`) {
			t.Errorf("%s is shown as a link", path)
		}
	}
}

// TestSecurityAnIssuersRevocationStopsAConfirmation, too, if it comes between.
func TestSecurityAnIssuersRevocationStopsAConfirmation(t *testing.T) {
	issuers := fstest.MapFS{}
	var rules *registry.Rules
	w := portaltest.NewWorld(t, func(cfg *portal.Config) { rules = cfg.Rules })
	card := w.CompanyCard(brokerUBN)
	party := w.Account(brokerUBN, card, noPassword)
	file := w.CustomsFile(traderUBN)
	imports := registry.Import{
		Principal: registry.Identifier{Kind: verifier.BusinessID, Value: brokerUBN}, Possession: true,
		Binding:      registry.Binding{Missing: []registry.Message{{Code: "NAMES_ANOTHER"}}},
		Registration: registry.NewRegistration{Certificate: w.Certificate(file), Usage: registry.Signing, Kind: registry.Customs, Medium: registry.File, UsageType: registry.BrokerUse},
	}
	if _, err := w.Store.Import(t.Context(), "visitor:test", imports); err != nil {
		t.Fatal(err)
	}
	list, err := w.PKI.Customs.RevocationList(w.Now.AddDate(0, 0, -1), w.Now.AddDate(0, 0, 1), w.Certificate(file).X509().SerialNumber)
	if err != nil {
		t.Fatal(err)
	}
	issuers["customs/issuer.cer"] = &fstest.MapFile{Data: w.PKI.Customs.Certificate.Raw}
	issuers["customs/list.crl"] = &fstest.MapFile{Data: list}
	owner, operator := w.LoggedInBy(party, card), w.Operator("chen")
	if err := rules.Issuers.Reload(issuers); err != nil {
		t.Fatal(err)
	}
	path := "/certificates/mine/" + fingerprint(w, file) + "/signing/confirm"
	see(t, owner.Get(path), http.StatusOK)
	see(t, owner.Post(path), http.StatusUnprocessableEntity)
	path = "/staff/certificates/" + string(party) + "/" + fingerprint(w, file) + "/signing/approve"
	see(t, operator.Get(path), http.StatusOK)
	see(t, operator.Post(path, "confirm", "yes"), http.StatusUnprocessableEntity)
	counting(t, w, brokerUBN)
}

func TestSecurityOriginsThatNoCardSignsForAreRefused(t *testing.T) {
	for _, origin := range []string{"http://portal.example", "https://Portal.example", "https://portal.example:443", "https://user@portal.example"} {
		if _, err := portal.New(portal.Config{Origin: origin, Log: slog.New(slog.DiscardHandler)}, nil); err == nil {
			t.Errorf("%s is taken", origin)
		}
	}
}

// TestSecurityACertificateThatNamesAClaimBindsNothing: a policy of the site's own may ask
// for a 統一編號 beside what says who the party is.
func TestSecurityACertificateThatNamesAClaimBindsNothing(t *testing.T) {
	w := portaltest.NewWorld(t, func(cfg *portal.Config) {
		for i := range cfg.Rules.Policy.Signing {
			if s := &cfg.Rules.Policy.Signing[i]; s.Type == registry.SpecialistUse {
				s.Asks = append(slices.Clone(s.Asks), verifier.BusinessID)
			}
		}
	})
	own := w.CustomsFile(traderUBN)
	thief := w.Visitor()
	begin(t, thief, append(declarant(), "ubn", traderUBN)...) // as the holder of another's 身分證字號
	led(t, bring(t, thief, registry.Customs, own.DER()), "/import/preview")
	led(t, send(t, thief), "/import/done")
	if l := one(t, w, own, registry.Signing); l.State != verifier.Pending {
		t.Errorf("it is %s", l.State)
	}
}

func TestSecurityANetworkBeginsFewSessions(t *testing.T) {
	w := portaltest.NewWorld(t)
	bucket := portal.NewSessions
	for range bucket.Burst {
		if wait, err := w.Store.Take(t.Context(), bucket, "127.0.0.1"); err != nil || wait > 0 {
			t.Fatal(wait, err)
		}
	}
	var page portaltest.Page
	for range 20 { // some drain meanwhile
		page = w.Visitor().Get("/certificates")
	}
	if page.StatusCode != http.StatusTooManyRequests || page.Header.Get("Retry-After") == "" {
		t.Errorf("status %d", page.StatusCode)
	}
	if page := w.Visitor().Get("/"); page.StatusCode != http.StatusOK {
		t.Errorf("a page without a form: status %d", page.StatusCode)
	}
}
