package portaltest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"log/slog"
	mathrand "math/rand/v2"
	"regexp"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// A World is a portal over a registry in a real database of its own, with sample
// authorities that it believes.
type World struct {
	Store  *postgres.Store
	Pool   *pgxpool.Pool
	PKI    *verifiertest.PKI
	Origin string
	Now    time.Time

	t      testing.TB
	log    *logBuffer
	portal *portal.Portal
}

// NewWorld starts one that ends with the test. Edits are made to the portal's
// configuration before.
func NewWorld(t testing.TB, edits ...func(*portal.Config)) *World {
	t.Helper()
	w := &World{t: t, Now: time.Now(), log: new(logBuffer)}
	var err error
	if w.PKI, err = verifiertest.NewPKI(mathrand.Uint64(), w.Now); err != nil {
		t.Fatal(err)
	}
	w.Pool = registrytest.Pool(t, registrytest.Database(t))
	w.Store = registrytest.StoreOn(t, w.Pool)
	policy, err := registry.DefaultPolicy()
	if err != nil {
		t.Fatal(err)
	}
	issuers, err := registry.LoadIssuers(fstest.MapFS{
		"moica/issuer.cer":   {Data: w.PKI.MOICA.Certificate.Raw},
		"moeaca/issuer.cer":  {Data: w.PKI.MOEACA.Certificate.Raw},
		"customs/issuer.cer": {Data: w.PKI.Customs.Certificate.Raw},
	})
	if err != nil {
		t.Fatal(err)
	}
	believing := func(cfg *portal.Config) {
		cfg.Rules = &registry.Rules{Policy: policy, Issuers: issuers}
		cfg.Log = slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	w.Origin, w.portal = start(t, w.Store, append([]func(*portal.Config){believing}, edits...)...)
	return w
}

// Log is all that the portal logged so far.
func (w *World) Log() string { return w.log.String() }

// Settle waits until what answers didn't wait for is done.
func (w *World) Settle() { w.portal.Close() }

// Terms are those of a certificate that is good for a year from yesterday.
func (w *World) Terms() verifiertest.Terms {
	return verifiertest.Terms{NotBefore: w.Now.AddDate(0, 0, -1), NotAfter: w.Now.AddDate(1, 0, 0)}
}

// Issue has an authority issue a certificate.
func (w *World) Issue(by *verifiertest.Authority, holder verifiertest.Holder, terms verifiertest.Terms) *verifiertest.Identity {
	w.t.Helper()
	identity, err := by.Issue(holder, terms)
	if err != nil {
		w.t.Fatal(err)
	}
	return identity
}

// CompanyCard is a 工商憑證 card of a company.
func (w *World) CompanyCard(businessID string) *verifiertest.Identity {
	w.t.Helper()
	return w.Issue(w.PKI.MOEACA, verifiertest.Company{Name: "測試報關股份有限公司", BusinessID: businessID}, w.Terms())
}

// CitizenCard is a 自然人憑證 card of the holder of a 身分證字號.
func (w *World) CitizenCard(nationalID string) *verifiertest.Identity {
	w.t.Helper()
	return w.Issue(w.PKI.MOICA, verifiertest.Citizen{Name: "王小明", CardNumber: "0000000012345678", LastFour: nationalID[len(nationalID)-4:]}, w.Terms())
}

// CustomsFile is a 通關專屬憑證 that names a company.
func (w *World) CustomsFile(businessID string) *verifiertest.Identity {
	w.t.Helper()
	return w.Issue(w.PKI.Customs, verifiertest.CustomsHolder{BusinessID: businessID, Ordinal: 6}, w.Terms())
}

// Certificate is an identity's, as the registry knows it.
func (w *World) Certificate(i *verifiertest.Identity) *verifier.Certificate {
	w.t.Helper()
	certificate, err := verifier.ParseCertificate(i.DER())
	if err != nil {
		w.t.Fatal(err)
	}
	return certificate
}

// Account opens a company's account, 報關業, whose login certificate is the card's.
func (w *World) Account(businessID string, card *verifiertest.Identity, passwordHash string) verifier.PartyID {
	w.t.Helper()
	party, _, err := w.Store.OpenAccount(w.t.Context(), "visitor:test", registry.NewAccount{
		Category: registry.Company, Attribute: "broker", Language: "zh", Name: businessID,
		Proved:       registry.Identifier{Kind: verifier.BusinessID, Value: businessID},
		Profile:      registry.Profile{Email: "owner-" + businessID + "@example.test", ContactName: "陳美", Phone: "02-23456789", CompanyChinese: "測試報關股份有限公司"},
		PasswordHash: passwordHash,
		Login:        registry.NewRegistration{Certificate: w.Certificate(card), Kind: registry.MOEACA, Medium: registry.Card},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return party
}

// Visitor is a client of the portal who was never there.
func (w *World) Visitor() *Client { return NewClient(w.t, w.Origin) }

// LoggedIn is a client with a session of whom o says, as its login would have opened it.
func (w *World) LoggedIn(o registry.Opening) *Client {
	w.t.Helper()
	token, _, err := w.Store.LogIn(w.t.Context(), "", o, time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	c := w.Visitor()
	c.SetSession(token)
	return c
}

// LoggedInBy is LoggedIn of a party, by its login certificate.
func (w *World) LoggedInBy(party verifier.PartyID, card *verifiertest.Identity) *Client {
	w.t.Helper()
	return w.LoggedIn(registry.Opening{
		LoginHolder: registry.LoginHolder{Party: party}, Strength: registry.ByCertificate, Certificate: w.Certificate(card).Fingerprint(),
	})
}

// Operator is LoggedIn of a new operator.
func (w *World) Operator(name string) *Client {
	w.t.Helper()
	card := w.Certificate(w.CompanyCard("04595252"))
	if err := w.Store.AddOperator(w.t.Context(), registrytest.Operator, name, card); err != nil {
		w.t.Fatal(err)
	}
	return w.LoggedIn(registry.Opening{LoginHolder: registry.LoginHolder{Operator: name}, Strength: registry.ByCertificate, Certificate: card.Fingerprint()})
}

// Audited are the actions in the audit log of a party, the first first.
func (w *World) Audited(party verifier.PartyID) []registry.AuditAction {
	w.t.Helper()
	entries, err := w.Store.AuditEntries(w.t.Context(), registry.AuditQuery{Party: party, Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	actions := make([]registry.AuditAction, len(entries))
	for i, e := range entries {
		actions[len(entries)-1-i] = e.Action
	}
	return actions
}

var (
	panelNonce   = regexp.MustCompile(`data-nonce="([^"]+)"`)
	panelPurpose = regexp.MustCompile(`data-purpose="([^"]+)"`)
)

// Signed is what a card panel of the page would fill in with a card: pairs for
// [Client.Post]. The card's key signs the page's challenge, as the agent has it do.
func (w *World) Signed(page Page, card *verifiertest.Identity) []string {
	w.t.Helper()
	nonce, purpose := panelNonce.FindStringSubmatch(page.Text), panelPurpose.FindStringSubmatch(page.Text)
	if nonce == nil || purpose == nil {
		w.t.Fatalf("no card panel in %.2000s", page.Text)
	}
	return w.SignedFor(challenge.Purpose(purpose[1]), w.Origin, html.UnescapeString(nonce[1]), card)
}

// SignedFor is Signed for a challenge that no page of this portal may have shown.
func (w *World) SignedFor(purpose challenge.Purpose, origin, nonce string, card *verifiertest.Identity) []string {
	w.t.Helper()
	sentence, err := challenge.Sentence(purpose, origin, nonce)
	if err != nil {
		w.t.Fatal(err)
	}
	sum := sha256.Sum256(sentence)
	signature, err := rsa.SignPKCS1v15(rand.Reader, card.Key, crypto.SHA256, sum[:])
	if err != nil {
		w.t.Fatal(err)
	}
	return []string{
		"card_nonce", nonce,
		"card_certificate", base64.StdEncoding.EncodeToString(card.DER()),
		"card_signature", base64.StdEncoding.EncodeToString(signature),
	}
}

// A logBuffer may be read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
