package verifier

import (
	"bytes"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// faultVectors are documents in testdata that were wrong, or nearly taken wrongly.
func faultVectors(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/vectors/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in testdata: %v", err)
	}
	all := make(map[string][]byte)
	for _, file := range files {
		all[filepath.Base(file)] = readFile(t, file)
	}
	return all
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFaultVectors: none of them is verified, and the file's name begins with the reason.
func TestFaultVectors(t *testing.T) {
	e := newEngine(t, "cpt")
	for name, doc := range faultVectors(t) {
		t.Run(name, func(t *testing.T) {
			v := judge(e, string(doc), registered(alice()))
			if got := v.Reason().String(); len(name) < len(got) || name[:len(got)] != got {
				t.Errorf("%v: %s", v.Reason(), v.Detail().JSON())
			}
		})
	}
}

// A vector is a document that xmlsec1 or the JDK signed, and that both verified, with what
// they say they digested: testdata/vectors/make-vectors.sh makes them.
type vector struct {
	name         string // signer/what is special about it
	key          string
	cpt, interop Reason
	doc          string
	octets       []byte // of the document, as the first Reference covers it
	info         []byte // of SignedInfo
}

// signedVectors reads all of them, in the order of their names.
func signedVectors(t testing.TB) []vector {
	t.Helper()
	var all []vector
	for line := range strings.Lines(string(readFile(t, "testdata/vectors/index.txt"))) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(fields) != 4 {
			t.Fatalf("index.txt: %q", line)
		}
		path := "testdata/vectors/" + fields[0]
		all = append(all, vector{
			name: fields[0], key: fields[1], cpt: reasonNamed(t, fields[2]), interop: reasonNamed(t, fields[3]),
			doc: string(readFile(t, path+".xml")), octets: readFile(t, path+".octets"), info: readFile(t, path+".info"),
		})
	}
	return all
}

// vectorNamed returns one of them.
func vectorNamed(t testing.TB, name string) vector {
	t.Helper()
	for _, v := range signedVectors(t) {
		if v.name == name {
			return v
		}
	}
	t.Fatalf("there is no vector %s", name)
	return vector{}
}

func reasonNamed(t testing.TB, name string) Reason {
	t.Helper()
	for r := Unjudged; r <= Verified; r++ {
		if r.String() == name {
			return r
		}
	}
	t.Fatalf("%s is no reason", name)
	return Unjudged
}

// vectorKeys are the certificates of the vectors' keys, by the keys' names.
var vectorKeys = sync.OnceValue(func() map[string]*Certificate {
	files, err := filepath.Glob("testdata/vectors/keys/*.pem")
	if err != nil {
		panic(err)
	}
	all := make(map[string]*Certificate)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		block, _ := pem.Decode(text)
		if all[strings.TrimSuffix(filepath.Base(file), ".pem")], err = ParseCertificate(block.Bytes); err != nil {
			panic(err)
		}
	}
	return all
})

// judgeWith judges a document of a sender that registered the named vectors' keys.
func judgeWith(t testing.TB, e *Engine, doc string, keys ...string) Verdict {
	t.Helper()
	s := Sender{Party: "party-1"}
	var at time.Time
	for _, key := range keys {
		c := vectorKeys()[key]
		if c == nil {
			t.Fatalf("there is no key %s", key)
		}
		s.Registrations = append(s.Registrations, Registration{Certificate: c, State: InForce})
		at = c.NotBefore().Add(time.Hour)
	}
	return e.Read([]byte(doc)).Judge(s, Moment{Received: at, Decided: at})
}

// TestSignedVectors: each profile gives each vector the verdict that is listed, and a
// verified one covers the octets that both tools digested.
func TestSignedVectors(t *testing.T) {
	cpt, interop := newEngine(t, "cpt"), newEngine(t, "interop")
	for _, v := range signedVectors(t) {
		t.Run(v.name, func(t *testing.T) {
			for e, reason := range map[*Engine]Reason{cpt: v.cpt, interop: v.interop} {
				got := judgeWith(t, e, v.doc, v.key)
				want(t, got, reason)
				if got.Verified() && !bytes.Equal(got.SignedBytes(), v.octets) {
					t.Errorf("signed bytes:\n%s\nwant\n%s", got.SignedBytes(), v.octets)
				}
			}
			if v.interop != Verified {
				return
			}
			method := between(t, string(v.info), "CanonicalizationMethod Algorithm=", "CanonicalizationMethod>")
			uri := strings.Split(method, `"`)[1]
			if got := canonicalInfo(t, v.doc, optionsOf(uri, method)); !bytes.Equal(got, v.info) {
				t.Errorf("SignedInfo:\n%s\nwant\n%s", got, v.info)
			}
		})
	}
}

// TestVectorsOfAnotherKey: no vector verifies for a sender who registered another key.
func TestVectorsOfAnotherKey(t *testing.T) {
	e := newEngine(t, "interop")
	for _, v := range signedVectors(t) {
		others := map[string]string{"rsa2048": "rsa3072", "rsa3072": "rsa4096", "rsa4096": "rsa2048", "p256": "p384", "p384": "p521", "p521": "p256"}
		if other, ok := others[v.key]; ok && judgeWith(t, e, v.doc, other).Verified() {
			t.Errorf("%s verifies with %s", v.name, other)
		}
	}
}

// TestVectorsAreListed: no file is left of a vector that index.txt does not list.
func TestVectorsAreListed(t *testing.T) {
	listed := make(map[string]bool)
	for _, v := range signedVectors(t) {
		listed[v.name] = true
	}
	for _, signer := range []string{"xmlsec1", "jdk"} {
		files, err := filepath.Glob("testdata/vectors/" + signer + "/*.xml")
		if err != nil || len(files) < 80 {
			t.Errorf("%d vectors by %s, %v", len(files), signer, err)
		}
		for _, file := range files {
			if name := signer + "/" + strings.TrimSuffix(filepath.Base(file), ".xml"); !listed[name] {
				t.Errorf("%s is not listed", name)
			}
		}
	}
}
