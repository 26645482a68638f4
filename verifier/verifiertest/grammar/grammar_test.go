package grammar_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest/grammar"
	"turnkey-gateway/verifier/verifiertest/oracle"
)

func document(t *testing.T, seed uint64) *grammar.Document {
	t.Helper()
	d, err := grammar.Make(seed, oracle.Own{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// judges are engines of both profiles, by name.
func judges(t *testing.T) map[string]*verifier.Engine {
	t.Helper()
	all := make(map[string]*verifier.Engine)
	for _, name := range []string{"cpt", "interop"} {
		p, err := verifier.ProfileNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		if all[name], err = verifier.New(verifier.Config{Profile: p}); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func judge(t *testing.T, e *verifier.Engine, d *grammar.Document, doc []byte) verifier.Verdict {
	t.Helper()
	cert, err := verifier.ParseCertificate(d.Key.DER)
	if err != nil {
		t.Fatal(err)
	}
	sender := verifier.Sender{Party: "p", Registrations: []verifier.Registration{{Certificate: cert, State: verifier.InForce}}}
	return e.Read(doc).Judge(sender, verifier.Moment{Received: grammar.Now, Decided: grammar.Now})
}

// TestDocumentsAreVerified by every profile that is wide enough.
func TestDocumentsAreVerified(t *testing.T) {
	engines := judges(t)
	narrow := 0
	for seed := range uint64(400) {
		d := document(t, seed)
		for name, e := range engines {
			if name == "cpt" && d.Profile != "cpt" {
				continue
			}
			if v := judge(t, e, d, d.Text); !v.Verified() {
				t.Errorf("seed %d, %s: %v: %s", seed, name, v.Reason(), v.Detail().JSON())
			}
		}
		if d.Profile == "cpt" {
			narrow++
		}
	}
	if narrow < 200 || narrow > 350 {
		t.Errorf("%d of 400 documents are of the profile cpt", narrow)
	}
}

// TestASeedIsOneDocument: whatever is found can be made again.
func TestASeedIsOneDocument(t *testing.T) {
	for seed := range uint64(50) {
		a, b := document(t, seed), document(t, seed)
		if !bytes.Equal(a.Text, b.Text) || !bytes.Equal(a.Unsigned, b.Unsigned) {
			t.Fatalf("seed %d makes two documents", seed)
		}
		for i := range 20 {
			if x, y := a.Mutate(i), b.Mutate(i); x.Name != y.Name || !bytes.Equal(x.Text, y.Text) {
				t.Fatalf("seed %d, change %d: %s and %s", seed, i, x.Name, y.Name)
			}
		}
	}
	if bytes.Equal(document(t, 1).Text, document(t, 2).Text) {
		t.Error("two seeds make one document")
	}
}

// TestEveryChangeIsMade, and changes something.
func TestEveryChangeIsMade(t *testing.T) {
	made := make(map[string]int)
	again := 0
	for seed := range uint64(1200) {
		d := document(t, seed)
		for i := range 4 {
			m := d.Mutate(i)
			if bytes.Equal(m.Text, d.Text) {
				t.Fatalf("seed %d, change %d: %s changed nothing", seed, i, m.Name)
			}
			name, resigned := strings.CutSuffix(m.Name, ", signed anew")
			if resigned != m.Resigned {
				t.Errorf("seed %d, change %d: %s: signed anew: %v", seed, i, m.Name, m.Resigned)
			}
			if resigned {
				again++
			}
			made[name]++
		}
	}
	for _, name := range grammar.Changes() {
		if made[name] < 5 {
			t.Errorf("%s was made %d times", name, made[name])
		}
		delete(made, name)
	}
	if len(made) > 0 {
		t.Errorf("not among the changes: %v", made)
	}
	if again < 200 {
		t.Errorf("%d were signed anew", again)
	}
}

// TestSpellingsKeepTheOctets: a change that is a mere respelling is taken back by
// canonicalisation.
func TestSpellingsKeepTheOctets(t *testing.T) {
	engines := judges(t)
	kept := make(map[string]int)
	for seed := range uint64(400) {
		d := document(t, seed)
		for i := range 12 {
			m := d.Mutate(i)
			if m.Keeps == "" {
				continue
			}
			names := []string{"interop"}
			if m.Keeps == "cpt" && d.Profile == "cpt" {
				names = append(names, "cpt")
			}
			for _, name := range names {
				was, is := judge(t, engines[name], d, d.Text), judge(t, engines[name], d, m.Text)
				if !is.Verified() || !bytes.Equal(was.SignedBytes(), is.SignedBytes()) {
					t.Errorf("seed %d, change %d, %s: %s: %v: %s", seed, i, m.Name, name, is.Reason(), is.Detail().JSON())
				}
			}
			kept[m.Keeps+fmt.Sprint(len(names))]++
		}
	}
	for _, which := range []string{"cpt1", "cpt2", "interop1"} {
		if kept[which] < 50 {
			t.Errorf("few changes keep the octets: %v", kept)
		}
	}
}
