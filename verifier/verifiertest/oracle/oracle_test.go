package oracle_test

import (
	"bytes"
	"errors"
	"os"
	"sync"
	"testing"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/verifiertest/oracle"
)

// processes returns the oracles that are installed; with CI=true all must be.
func processes(t *testing.T) []*oracle.Process {
	t.Helper()
	var all []*oracle.Process
	for _, start := range []func() (*oracle.Process, error){oracle.JDK, oracle.Libxml2} {
		p, err := start()
		if errors.Is(err, oracle.ErrMissing) && os.Getenv("CI") != "true" {
			t.Skipf("%v: `make test` installs it", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
		all = append(all, p)
	}
	return all
}

const sample = `<?p q?><a xmlns="urn:d:1" xml:lang="zh" z='1' b="2"><!--c--><s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#">` +
	`<s:SignedInfo/></s:Signature><b xmlns:p="urn:p:1" ID="i"/></a>`

func TestCanonicalize(t *testing.T) {
	tests := []struct {
		name, doc string
		request   oracle.Request
		want      string
	}{
		{"with comments, without the Signature", sample, oracle.Request{Options: c14n.Options{Comments: true}, Unsigned: true},
			"<?p q?>\n" + `<a xmlns="urn:d:1" b="2" z="1" xml:lang="zh"><!--c--><b xmlns:p="urn:p:1" ID="i"></b></a>`},
		{"SignedInfo", sample, oracle.Request{Options: c14n.Options{Method: c14n.Inclusive11}, Apex: "SignedInfo"},
			`<s:SignedInfo xmlns="urn:d:1" xmlns:s="http://www.w3.org/2000/09/xmldsig#" xml:lang="zh"></s:SignedInfo>`},
		{"an Id, exclusive", sample, oracle.Request{Options: c14n.Options{Method: c14n.Exclusive}, Apex: "#i"},
			`<b xmlns="urn:d:1" ID="i"></b>`},
		{"an Id, exclusive with a PrefixList", sample, oracle.Request{Options: c14n.Options{Method: c14n.Exclusive, PrefixList: []string{"p", "q"}}, Apex: "#i"},
			`<b xmlns="urn:d:1" xmlns:p="urn:p:1" ID="i"></b>`},
	}
	for _, p := range processes(t) {
		for _, tt := range tests {
			t.Run(p.Name()+"/"+tt.name, func(t *testing.T) {
				tt.request.Document = []byte(tt.doc)
				got, err := p.Canonicalize(tt.request)
				if err != nil || string(got) != tt.want {
					t.Errorf("%s, %v; want %s", got, err, tt.want)
				}
			})
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, p := range processes(t) {
		t.Run(p.Name(), func(t *testing.T) {
			var refusal *oracle.Refusal
			if _, err := p.Canonicalize(oracle.Request{Document: []byte("<a>")}); !errors.As(err, &refusal) || !refusal.Malformed {
				t.Errorf("half a document: %v", err)
			}
			if _, err := p.Canonicalize(oracle.Request{Document: []byte("<a/>"), Apex: "#x"}); !errors.As(err, &refusal) || refusal.Malformed {
				t.Errorf("no such element: %v", err)
			}
		})
	}
}

// TestAnswersGoToWhoAsked: many ask at once, each gets its own answer.
func TestAnswersGoToWhoAsked(t *testing.T) {
	for _, p := range processes(t) {
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				doc := []byte("<a>" + string(bytes.Repeat([]byte{'x'}, i)) + "</a>")
				if got, err := p.Canonicalize(oracle.Request{Document: doc}); err != nil || !bytes.Equal(got, doc) {
					t.Errorf("%s: %q became %q, %v", p.Name(), doc, got, err)
				}
			})
		}
		wg.Wait()
	}
}
