package portal_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/crypto/argon2"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/password"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// Whose account the tests of logins are about.
const (
	loginUBN      = "97162640"
	loginPassword = "Kx7#pQ2mVt"
	otherPassword = "wT9!rZ4bNh"
)

// A loginWorld is a world with one account that has a password, and a proxy that says
// where its visitors are.
type loginWorld struct {
	*portaltest.World
	t       testing.TB
	metrics *prometheus.Registry
	card    *verifiertest.Identity
	party   verifier.PartyID
}

func newLoginWorld(t testing.TB, edits ...func(*portal.Config)) *loginWorld {
	t.Helper()
	w := &loginWorld{t: t, metrics: prometheus.NewRegistry()}
	w.World = portaltest.NewWorld(t, append([]func(*portal.Config){func(cfg *portal.Config) {
		cfg.Metrics, cfg.TrustedProxies = w.metrics, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}}, edits...)...)
	hash, err := password.NewHasher(1).Hash(t.Context(), loginPassword)
	if err != nil {
		t.Fatal(err)
	}
	w.card = w.CompanyCard(loginUBN)
	w.party = w.Account(loginUBN, w.card, hash)
	return w
}

// A forwarded visitor comes from an address.
type forwarded struct{ address string }

func (f forwarded) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("X-Forwarded-For", f.address)
	return http.DefaultTransport.RoundTrip(r)
}

// from is a visitor who was never there, at an address.
func (w *loginWorld) from(address string) *portaltest.Client {
	c := w.Visitor()
	c.HTTP.Transport = forwarded{address}
	return c
}

// byCard has a visitor log in with a card.
func (w *loginWorld) byCard(c *portaltest.Client, card *verifiertest.Identity, pairs ...string) portaltest.Page {
	w.t.Helper()
	return c.Post("/login", append(w.Signed(c.Get("/login"), card), pairs...)...)
}

// byPassword has a visitor try a password.
func (w *loginWorld) byPassword(c *portaltest.Client, account, secret string, pairs ...string) portaltest.Page {
	w.t.Helper()
	c.Get("/password-login")
	return c.Post("/password-login", append([]string{"account", account, "password", secret}, pairs...)...)
}

// forgets asks for a new password, and waits until that was seen to.
func (w *loginWorld) forgets(c *portaltest.Client, account string) portaltest.Page {
	w.t.Helper()
	c.Get("/forgot")
	return c.Post("/forgot", "account", account)
}

// cookie is the value of a visitor's cookie, empty where there is none.
func (w *loginWorld) cookie(c *portaltest.Client, name string) string {
	w.t.Helper()
	u, err := url.Parse(w.Origin)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, cookie := range c.HTTP.Jar.Cookies(u) {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

// session is a visitor's as the database has it; false where it has none.
func (w *loginWorld) session(c *portaltest.Client) (registry.Session, bool) {
	w.t.Helper()
	session, err := w.Store.Session(w.t.Context(), w.cookie(c, "session"))
	if errors.Is(err, registry.ErrNoSession) {
		return session, false
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return session, true
}

// isIn tells who a visitor is logged in as; empty: nobody.
func (w *loginWorld) isIn(c *portaltest.Client) verifier.PartyID {
	session, _ := w.session(c)
	return session.Party
}

// read is one value from the database.
func read[T any](w *loginWorld, sql string, args ...any) T {
	w.t.Helper()
	rows, err := w.Pool.Query(w.t.Context(), sql, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	if err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func (w *loginWorld) do(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.Pool.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

// mails takes what is in the outbox.
func (w *loginWorld) mails() (mails []registry.Mail) {
	w.t.Helper()
	for {
		found, err := w.Store.SendNext(w.t.Context(), func(_ context.Context, m registry.Mail) error {
			mails = append(mails, m)
			return nil
		})
		if err != nil {
			w.t.Fatal(err)
		}
		if !found {
			return mails
		}
	}
}

// mail waits for one.
func (w *loginWorld) mail() registry.Mail {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		switch mails := w.mails(); len(mails) {
		case 0:
		case 1:
			return mails[0]
		default:
			w.t.Fatalf("%d mails, want one", len(mails))
		}
	}
	w.t.Fatal("no mail comes")
	return registry.Mail{}
}

// link is the path of the link in a mail.
func (w *loginWorld) link(m registry.Mail) string {
	w.t.Helper()
	_, after, found := strings.Cut(m.Text, w.Origin+"/reset")
	path, _, _ := strings.Cut(after, "\n")
	if !found || !strings.HasPrefix(path, "?token=") {
		w.t.Fatalf("no link in %s", m.Text)
	}
	return "/reset" + path
}

// counter is the sum of a metric's values whose labels include those given, pairs.
func (w *loginWorld) counter(name string, labels ...string) (sum float64) {
	w.t.Helper()
	families, err := w.metrics.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			has := make(map[string]string)
			for _, label := range metric.GetLabel() {
				has[label.GetName()] = label.GetValue()
			}
			fits := true
			for i := 0; i+1 < len(labels); i += 2 {
				fits = fits && has[labels[i]] == labels[i+1]
			}
			if fits {
				sum += metric.GetCounter().GetValue()
			}
		}
	}
	return sum
}

// hashes counts the hashes of passwords computed so far.
func (w *loginWorld) hashes() float64 { return w.counter("turnkey_portal_password_hashes_total") }

// latest is the latest entry of the audit log.
func (w *loginWorld) latest() registry.AuditEntry {
	w.t.Helper()
	entries, err := w.Store.AuditEntries(w.t.Context(), registry.AuditQuery{Limit: 1})
	if err != nil || len(entries) != 1 {
		w.t.Fatalf("%d entries, %v", len(entries), err)
	}
	return entries[0]
}

// legacy is a party moved here from the old customs system, whose card logs in.
func (w *loginWorld) legacy(ubn string, card *verifiertest.Identity) verifier.PartyID {
	w.t.Helper()
	ctx := w.t.Context()
	party, _, err := w.Store.CreateParty(ctx, registrytest.Operator,
		registry.Identifier{Kind: verifier.Account, Value: ubn}, registry.Identifier{Kind: verifier.BusinessID, Value: ubn})
	if err == nil {
		err = w.Store.AddLegacyAccount(ctx, registrytest.Operator, party, registry.Company, "trader")
	}
	if err == nil {
		_, _, err = w.Store.Register(ctx, registrytest.Operator, registry.NewRegistration{
			Party: party, Certificate: w.Certificate(card), Usage: registry.Login, Kind: registry.MOEACA, Medium: registry.Card,
		})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return party
}

// says asserts a status and words of a page.
func says(t testing.TB, page portaltest.Page, status int, words ...string) {
	t.Helper()
	if page.StatusCode != status {
		t.Errorf("status %d, want %d", page.StatusCode, status)
	}
	for _, want := range words {
		if !strings.Contains(page.Text, want) {
			t.Errorf("the page doesn't say %q: %.3000s", want, mainPart(page.Text))
		}
	}
}

// leads asserts a redirect.
func leads(t testing.TB, page portaltest.Page, to string) {
	t.Helper()
	if page.StatusCode != http.StatusSeeOther || page.Location() != to {
		t.Errorf("status %d to %q, want 303 to %q: %.3000s", page.StatusCode, page.Location(), to, mainPart(page.Text))
	}
}

// mainPart is what a page says without its frame.
func mainPart(text string) string {
	_, after, found := strings.Cut(text, `<main`)
	if !found {
		return text
	}
	inside, _, _ := strings.Cut(after, `</main>`)
	return inside
}

// cheapHash is a hash of a password as an older program may have made it.
func cheapHash(secret string) string {
	salt, encode := []byte("saltsalt"), base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=64,t=1,p=1$%s$%s", encode(salt), encode(argon2.IDKey([]byte(secret), salt, 1, 64, 1, 32)))
}

// otherKey is a card like a company's with a key of its own.
func (w *loginWorld) otherKey(ubn string) *verifiertest.Identity {
	w.t.Helper()
	terms := w.Terms()
	terms.Key = verifiertest.Key(1)
	return w.Issue(w.PKI.MOEACA, verifiertest.Company{Name: "測試報關股份有限公司", BusinessID: ubn}, terms)
}
