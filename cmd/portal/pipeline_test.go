package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/deploy/local/stacktest"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/rediscache/redistest"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// bound is how soon a withdrawn certificate must have stopped working.
const bound = 5 * time.Second

// TestFromThePortalToThePipeline imports a certificate on the site, which makes messages
// signed by it pass the gateway, and deletes it there, which stops them within the bound.
// One that waits for confirmation never lets a message pass.
func TestFromThePortalToThePipeline(t *testing.T) {
	p := newPipeline(t)
	const broker, other = "97162640", "04177036"
	party := p.account(broker)
	file := p.issue(verifiertest.CustomsHolder{BusinessID: broker, Ordinal: 6})
	pending := p.issue(verifiertest.CustomsHolder{BusinessID: other, Ordinal: 1}) // names another company
	message, unbound := p.message(file, 1), p.message(pending, 2)

	p.until(broker, message, verifier.UnregisteredCertificate)
	p.imports(broker, pending.DER())
	p.imports(broker, file.DER())
	p.until(broker, message, verifier.Verified, verifier.UnregisteredCertificate)
	p.until(broker, unbound, verifier.UnregisteredCertificate)

	owner := p.ownerOf(party)
	path := "/certificates/mine/" + p.fingerprint(file).String() + "/signing/delete"
	p.see(owner.Get(path), http.StatusOK)
	before := time.Now()
	p.see(owner.Post(path), http.StatusSeeOther)
	p.until(broker, message, verifier.RegistrationWithdrawn, verifier.Verified)
	if took := time.Since(before); took > bound {
		t.Errorf("it stopped after %v, the bound is %v", took, bound)
	}
	// A message that is judged now stays rejected, and the pending one never passed.
	p.until(broker, message, verifier.RegistrationWithdrawn)
	p.until(broker, unbound, verifier.UnregisteredCertificate)
}

// A pipeline is the site, its relay and a gateway over one registry, on the real parts.
type pipeline struct {
	t      *testing.T
	store  *postgres.Store
	pki    *verifiertest.PKI
	origin string
	cards  map[verifier.PartyID]*verifiertest.Identity
	probes map[string]*rig.Probes // by account
	system *rig.System
}

func newPipeline(t *testing.T) *pipeline {
	p := &pipeline{t: t, cards: make(map[verifier.PartyID]*verifiertest.Identity), probes: make(map[string]*rig.Probes)}
	brokers := stacktest.Kafka(t)
	database := registrytest.Database(t)
	p.store = registrytest.StoreOn(t, registrytest.Pool(t, database))
	var err error
	p.pki, err = verifiertest.NewPKI(uint64(time.Now().UnixNano()), time.Now())
	p.must(err)
	redis := redistest.Start(t)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	p.must(err)
	p.origin = "http://" + listener.Addr().String()
	p.must(listener.Close()) // the site listens there in a moment
	values := environment(t, database, redis.Addr)
	for name, value := range map[string]string{
		"WEB": listener.Addr().String(), "ORIGIN": p.origin, "ISSUERS_DIR": p.issuers(),
		"LOOKUP_KEY_FILE": registrytest.KeyFile(t, "lookup"), "IDENTITY_KEY_FILE": registrytest.KeyFile(t, "identity"),
	} {
		values["PORTAL_"+name] = value
	}
	p.runs(func(ctx context.Context) error { return run(ctx, nil, getenv(values), io.Discard, testLog{t}) })

	name := fmt.Sprintf("portal-test-%d", time.Now().UnixNano())
	topics := rig.TopicsOf(name)
	p.must(rig.CreateTopics(t.Context(), brokers, topics, 1, 1))
	t.Cleanup(func() { p.must(rig.DeleteTopics(context.WithoutCancel(t.Context()), brokers, topics)) })
	bin := t.TempDir()
	build := exec.Command("go", "build", "-buildvcs=false", "-o", bin, "turnkey-gateway/cmd/gateway")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the gateway: %v\n%s", err, out)
	}
	p.system = &rig.System{
		Bin: bin, Dir: t.TempDir(), Brokers: brokers, Topics: topics, Group: name,
		DatabaseFile: values["PORTAL_DATABASE_FILE"], Redis: redis.Addr,
		Keys: rig.KeyFiles{Cache: values["PORTAL_CACHE_KEY_FILE"], Lookup: values["PORTAL_LOOKUP_KEY_FILE"]},
	}
	starting, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	gateway, err := p.system.StartGateway(starting, "gateway", "", "")
	p.must(err)
	t.Cleanup(func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		p.must(gateway.Stop(stopping))
	})
	p.runs(func(ctx context.Context) error {
		return rig.Outcomes(ctx, brokers, topics, 1, func(o rig.Outcome) {
			for _, probes := range p.probes {
				if probes.Take(o) {
					return
				}
			}
			t.Errorf("an outcome of nobody's message: %v", o)
		})
	})
	return p
}

func (p *pipeline) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Error(err)
		p.t.FailNow()
	}
}

// runs runs a service until the test ends.
func (p *pipeline) runs(serve func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx) }()
	p.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			p.t.Errorf("ended with %v", err)
		}
	})
}

// issuers writes the authorities that the site believes.
func (p *pipeline) issuers() string {
	p.t.Helper()
	dir := p.t.TempDir()
	for kind, authority := range map[string]*verifiertest.Authority{"moeaca": p.pki.MOEACA, "customs": p.pki.Customs} {
		p.must(os.Mkdir(filepath.Join(dir, kind), 0o700))
		p.must(os.WriteFile(filepath.Join(dir, kind, "issuer.cer"), authority.Certificate.Raw, 0o600))
	}
	return dir
}

func (p *pipeline) terms() verifiertest.Terms {
	return verifiertest.Terms{NotBefore: time.Now().AddDate(0, 0, -1), NotAfter: time.Now().AddDate(1, 0, 0)}
}

func (p *pipeline) issue(holder verifiertest.CustomsHolder) *verifiertest.Identity {
	p.t.Helper()
	identity, err := p.pki.Customs.Issue(holder, p.terms())
	p.must(err)
	return identity
}

// account opens a company's account and its probes.
func (p *pipeline) account(businessID string) verifier.PartyID {
	p.t.Helper()
	card, err := p.pki.MOEACA.Issue(verifiertest.Company{Name: "範例報關行", BusinessID: businessID}, p.terms())
	p.must(err)
	certificate, err := verifier.ParseCertificate(card.DER())
	p.must(err)
	party, _, err := p.store.OpenAccount(p.t.Context(), "visitor:test", registry.NewAccount{
		Category: registry.Company, Attribute: "broker", Language: "zh", Name: businessID,
		Proved:       registry.Identifier{Kind: verifier.BusinessID, Value: businessID},
		PasswordHash: "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA",
		Login:        registry.NewRegistration{Certificate: certificate, Kind: registry.MOEACA, Medium: registry.Card},
	})
	p.must(err)
	p.cards[party] = card
	uploader := rig.NewUploader(p.system.Brokers, p.system.Topics, rig.NewLedger())
	p.t.Cleanup(func() { p.must(uploader.Close()) })
	p.probes[businessID] = rig.NewProbes(businessID, uploader)
	return party
}

// message is a declaration that a key signed; it claims no sender of its own.
func (p *pipeline) message(by *verifiertest.Identity, number int) []byte {
	p.t.Helper()
	return verifiertest.Sign(p.t, by, fmt.Appendf(nil, `<Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05"><FunctionCode>9</FunctionCode><ID>AA  15Z999%04d</ID></Declaration>`, number))
}

// until sends copies of a message until one is judged as wanted; only tolerated
// judgements may come before.
func (p *pipeline) until(account string, message []byte, want verifier.Reason, tolerated ...verifier.Reason) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	p.must(p.probes[account].Until(ctx, message, want, tolerated...))
}

func (p *pipeline) fingerprint(i *verifiertest.Identity) verifier.Fingerprint {
	p.t.Helper()
	certificate, err := verifier.ParseCertificate(i.DER())
	p.must(err)
	return certificate.Fingerprint()
}

// imports takes a visitor who isn't logged in through 通關憑證註冊 with a file.
func (p *pipeline) imports(businessID string, file []byte) {
	p.t.Helper()
	c := portaltest.NewClient(p.t, p.origin)
	p.see(c.Get("/import"), http.StatusOK)
	p.see(c.Post("/import", "type", "broker", "ubn", businessID, "box", "A12"), http.StatusSeeOther)
	p.see(c.Get("/import/certificate"), http.StatusOK)
	p.see(c.Upload("/import/certificate", "file", "TFD0372.cer", file, "medium", "file", "kind", "customs", "go", "next"), http.StatusSeeOther)
	preview := c.Get("/import/preview")
	p.see(preview, http.StatusOK)
	p.see(c.Post("/import/preview", "digest", preview.Value("digest"), "go", "send"), http.StatusSeeOther)
	p.see(c.Get("/import/done"), http.StatusOK)
}

// ownerOf is a visitor who logged in by the party's card.
func (p *pipeline) ownerOf(party verifier.PartyID) *portaltest.Client {
	p.t.Helper()
	token, _, err := p.store.LogIn(p.t.Context(), "", registry.Opening{
		LoginHolder: registry.LoginHolder{Party: party}, Strength: registry.ByCertificate, Certificate: p.fingerprint(p.cards[party]),
	}, time.Hour)
	p.must(err)
	c := portaltest.NewClient(p.t, p.origin)
	c.SetSession(token)
	return c
}

func (p *pipeline) see(page portaltest.Page, status int) {
	p.t.Helper()
	if page.StatusCode != status {
		p.t.Fatalf("%s %s: %d, want %d: %.3000s", page.Request.Method, page.Request.URL.Path, page.StatusCode, status, page.Text)
	}
}

// A testLog shows what a service logs if the test fails.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(string(bytes.TrimSpace(p)))
	return len(p), nil
}
