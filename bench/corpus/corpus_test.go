package corpus_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/xml"
	"regexp"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func newCorpus(t testing.TB) *corpus.Corpus {
	t.Helper()
	c, err := corpus.New(1, now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newPlan(t testing.TB, c *corpus.Corpus, cfg corpus.PlanConfig) *corpus.Plan {
	t.Helper()
	p, err := c.Plan(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newEngine(t testing.TB) *verifier.Engine {
	t.Helper()
	profile, err := verifier.ProfileNamed("cpt")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := verifier.New(verifier.Config{Profile: profile, Claims: verifier.DefaultClaims()})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// judge judges a message as the gateway would with a registry of the corpus's parties.
func judge(c *corpus.Corpus, engine *verifier.Engine, m corpus.Message) verifier.Verdict {
	read := engine.Read(m.XML)
	return read.Judge(c.Sender(m.Account, read.Hints()), verifier.Moment{Received: now, Decided: now})
}

func TestEveryFaultIsJudgedAsPlanned(t *testing.T) {
	c := newCorpus(t)
	engine := newEngine(t)
	reasons := append(verifier.Rejections(), verifier.Verified)
	seen := make(map[string]int)
	for _, want := range reasons {
		t.Run(want.String(), func(t *testing.T) {
			plan := newPlan(t, c, corpus.PlanConfig{Seed: 7, Mix: map[verifier.Reason]float64{want: 1},
				Sizes: []corpus.Band{{Share: 1, From: 3_000, To: 9_000}}})
			for range 60 {
				m, err := plan.Next()
				if err != nil {
					t.Fatal(err)
				}
				seen[m.Fault]++
				if verdict := judge(c, engine, m); verdict.Reason() != want {
					t.Errorf("%s: judged %v, planned %v: %s", m.Fault, verdict.Reason(), want, verdict.Detail().JSON())
				}
			}
		})
	}
	for _, fault := range corpus.Faults() {
		if seen[fault] == 0 {
			t.Errorf("no message had the fault %q", fault)
		}
	}
}

func TestMixAndSizes(t *testing.T) {
	const n = 1500
	plan := newPlan(t, newCorpus(t), corpus.PlanConfig{Seed: 3})
	var sizes []int
	good, total := 0, 0
	digests := make(map[[32]byte]bool)
	for range n {
		m, err := plan.Next()
		if err != nil {
			t.Fatal(err)
		}
		if m.Want == verifier.Verified {
			good++
			sizes = append(sizes, len(m.XML))
		}
		total += len(m.XML)
		digests[sha256.Sum256(m.XML)] = true
	}
	slices.Sort(sizes)
	at := func(q float64) int { return sizes[int(q*float64(len(sizes)-1))] }
	t.Logf("good messages: p50 %d, p90 %d, p99 %d, largest %d bytes; all: mean %d bytes", at(.5), at(.9), at(.99), at(1), total/n)
	if share := float64(good) / n; share < 0.82 || share > 0.88 {
		t.Errorf("%.2f of the messages are good, planned 0.85", share)
	}
	if at(0) < 3_000 || at(1) > 310_000 || at(.5) > 8_000 || at(.99) < 30_000 {
		t.Errorf("sizes are not those of DefaultSizes")
	}
	if len(digests) != n {
		t.Errorf("%d messages have only %d different contents", n, len(digests))
	}
}

func TestPoolKeepsMessagesApartAndVerdictsAsPlanned(t *testing.T) {
	c := newCorpus(t)
	engine := newEngine(t)
	pool, err := newPlan(t, c, corpus.PlanConfig{Seed: 5, Sizes: []corpus.Band{{Share: 1, From: 3_000, To: 5_000}}}).Pool(100)
	if err != nil {
		t.Fatal(err)
	}
	digests := make(map[[32]byte]bool)
	const n = 2000
	for range n {
		m := pool.Next()
		digests[sha256.Sum256(m.XML)] = true
		if verdict := judge(c, engine, m); verdict.Reason() != m.Want {
			t.Fatalf("%s: judged %v, planned %v: %s", m.Fault, verdict.Reason(), m.Want, verdict.Detail().JSON())
		}
	}
	if len(digests) != n {
		t.Errorf("%d messages have only %d different contents", n, len(digests))
	}
}

var signature = regexp.MustCompile(`(?s)<Signature .*</Signature>`)

func TestContentFollowsFromTheSeed(t *testing.T) {
	make10 := func() []byte {
		plan := newPlan(t, newCorpus(t), corpus.PlanConfig{Seed: 11, Mix: map[verifier.Reason]float64{verifier.Verified: 1}})
		var all []byte
		for range 10 {
			m, err := plan.Next()
			if err != nil {
				t.Fatal(err)
			}
			all = append(append(all, m.Account...), signature.ReplaceAll(m.XML, nil)...)
		}
		return all
	}
	if !bytes.Equal(make10(), make10()) {
		t.Error("two corpora of one seed differ in more than signatures")
	}
}

func TestLargeMessagesHaveThousandsOfElements(t *testing.T) {
	plan := newPlan(t, newCorpus(t), corpus.PlanConfig{Seed: 2, Mix: map[verifier.Reason]float64{verifier.Verified: 1},
		Sizes: []corpus.Band{{Share: 1, From: 290_000, To: 300_000}}})
	m, err := plan.Next()
	if err != nil {
		t.Fatal(err)
	}
	elements := 0
	for decoder := xml.NewDecoder(bytes.NewReader(m.XML)); ; {
		token, err := decoder.RawToken()
		if err != nil {
			break
		}
		if _, ok := token.(xml.StartElement); ok {
			elements++
		}
	}
	if len(m.XML) < 280_000 || elements < 3_000 {
		t.Errorf("%d bytes, %d elements", len(m.XML), elements)
	}
}

func TestParties(t *testing.T) {
	parties := newCorpus(t).Parties()
	if len(parties) < 20 {
		t.Errorf("%d parties, want 20 at least", len(parties))
	}
	inForce := func(p corpus.Party) (n int) {
		for _, c := range p.Certificates {
			if c.Usage == registry.Signing && c.State == verifier.InForce && !now.Before(c.From) && now.Before(c.Until) {
				n++
			}
		}
		return n
	}
	accounts := make(map[string]bool)
	most := 0
	for _, p := range parties {
		if accounts[p.Account] {
			t.Errorf("two parties have account %s", p.Account)
		}
		accounts[p.Account] = true
		for _, id := range p.Identifiers {
			if err := registry.CheckIdentifier(id.Kind, id.Value); err != nil {
				t.Errorf("%s: %s %q: %v", p.Account, id.Kind, id.Value, err)
			}
		}
		if n := inForce(p); n < 1 {
			t.Errorf("%s has no certificate in force", p.Account)
		}
		most = max(most, inForce(p))
		if p.Certificates[0].Usage != registry.Login {
			t.Errorf("the first certificate of %s is not its login one", p.Account)
		}
	}
	if most != 4 {
		t.Errorf("at most %d signing certificates are in force at once, want 4", most)
	}
}

// BenchmarkFresh makes messages of the default mix and sizes.
func BenchmarkFresh(b *testing.B) {
	plan := newPlan(b, newCorpus(b), corpus.PlanConfig{Seed: 1})
	for b.Loop() {
		if _, err := plan.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPooled hands out messages made before.
func BenchmarkPooled(b *testing.B) {
	pool, err := newPlan(b, newCorpus(b), corpus.PlanConfig{Seed: 1}).Pool(500)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		pool.Next()
	}
}

// TestVisitorsCanRegister holds the visitors' cards against the rules of registration.
func TestVisitorsCanRegister(t *testing.T) {
	c := newCorpus(t)
	v, err := c.Visitors()
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for kind, der := range c.Issuers() {
		files[string(kind)+"/issuer.cer"] = &fstest.MapFile{Data: der}
	}
	rules := &registry.Rules{}
	if rules.Issuers, err = registry.LoadIssuers(files); err != nil {
		t.Fatal(err)
	}
	if rules.Policy, err = registry.DefaultPolicy(); err != nil {
		t.Fatal(err)
	}
	for _, card := range v.All() {
		kind := verifier.BusinessID
		if len(card.Identifier) == 10 {
			kind = verifier.NationalID
		}
		if err := registry.CheckIdentifier(kind, card.Identifier); err != nil {
			t.Errorf("%s: %v", card.Label, err)
		}
		for use, der := range map[string][]byte{"SIGN": card.Sign.DER(), "KEYX": card.Exchange.DER()} {
			cert, err := verifier.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			admission, err := rules.Admit(cert, registry.Purpose{Usage: registry.Login, Medium: registry.Card}, now)
			if good := err == nil && admission.Known; good != (use == "SIGN") {
				t.Errorf("%s %s: admitted %v, %v", card.Label, use, good, err)
			}
		}
	}
}
