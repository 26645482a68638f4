package pkcs1

import (
	"crypto"
	"crypto/rsa"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"math/big"
	"testing"

	"github.com/c2sp/wycheproof"
)

// vectorFile is what we read of Wycheproof's rsassa_pkcs1_verify and
// rsassa_pkcs1_generate files.
type vectorFile struct {
	TestGroups []vectorGroup `json:"testGroups"`
}

type vectorGroup struct {
	Sha        string    `json:"sha"`
	PublicKey  vectorKey `json:"publicKey"`
	PrivateKey vectorKey `json:"privateKey"` // in the files of generation
	Tests      []struct {
		ID      int    `json:"tcId"`
		Comment string `json:"comment"`
		Msg     string `json:"msg"`
		Sig     string `json:"sig"`
		Result  string `json:"result"`
	} `json:"tests"`
}

type vectorKey struct {
	Modulus        string `json:"modulus"`
	PublicExponent string `json:"publicExponent"`
}

var vectorHashes = map[string]crypto.Hash{
	"SHA-1": crypto.SHA1, "SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512,
}

// tally counts vectors by what became of them.
type tally struct {
	compared, accepted, refusedKey, otherHash int
}

func TestWycheproof(t *testing.T) {
	var files []string
	for _, pattern := range []string{"rsa_signature_*_test.json", "rsa_pkcs1_*_sig_gen_test.json"} {
		found, err := fs.Glob(wycheproof.TestVectors, pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	var sum tally
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			for _, group := range readVectors(t, file).TestGroups {
				group.agree(t, &sum)
			}
		})
	}
	// A newer module may bring more; fewer means that something isn't read any more.
	if sum.compared < 2415 || sum.accepted < 153 {
		t.Errorf("compared %d vectors and accepted %d, fewer than there were", sum.compared, sum.accepted)
	}
	t.Logf("%d files: %+v", len(files), sum)
}

func readVectors(t *testing.T, name string) vectorFile {
	t.Helper()
	text, err := fs.ReadFile(wycheproof.TestVectors, name)
	if err != nil {
		t.Fatal(err)
	}
	var file vectorFile
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// agree checks a group's vectors against their result and crypto/rsa's. "Acceptable"
// ones leave out DigestInfo's NULL, which we refuse as crypto/rsa does.
func (g *vectorGroup) agree(t *testing.T, sum *tally) {
	pub := g.key(t)
	hash, ours := vectorHashes[g.Sha]
	if _, err := Prepare(pub); err != nil {
		if bits := pub.N.BitLen(); bits >= minBits && bits <= maxBits {
			t.Errorf("Prepare refuses a key of %d bits: %v", bits, err)
		}
		sum.refusedKey += len(g.Tests)
		return
	}
	for _, v := range g.Tests {
		signature := unhex(t, v.Sig)
		if !ours {
			sum.otherHash++
			continue
		}
		sum.compared++
		digest := digestOf(hash, unhex(t, v.Msg))
		want := rsa.VerifyPKCS1v15(pub, hash, digest, signature) == nil
		if want {
			sum.accepted++
		}
		if valid := v.Result == "valid"; valid != want && v.Result != "acceptable" {
			t.Errorf("crypto/rsa says %v of vector %d, %s, which is %s", want, v.ID, v.Comment, v.Result)
		}
		for name, holds := range judges(t, pub) {
			if got := holds(hash, digest, signature); got != want {
				t.Errorf("%s says %v of vector %d, %s", name, got, v.ID, v.Comment)
			}
		}
	}
}

func (g *vectorGroup) key(t *testing.T) *rsa.PublicKey {
	t.Helper()
	key := g.PublicKey
	if key.Modulus == "" {
		key = g.PrivateKey
	}
	n, ok := new(big.Int).SetString(key.Modulus, 16)
	e, ok2 := new(big.Int).SetString(key.PublicExponent, 16)
	if !ok || !ok2 {
		t.Fatalf("no key in %+v", key)
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func digestOf(hash crypto.Hash, message []byte) []byte {
	h := hash.New()
	h.Write(message)
	return h.Sum(nil)
}
