package challenge_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

const (
	origin = "https://portal.example"
	nonce  = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
)

// card is a citizen's, made once: certificate and key.
var card = sync.OnceValues(func() (*verifier.Certificate, *rsa.PrivateKey) {
	now := time.Now()
	pki, err := verifiertest.NewPKI(1, now)
	if err != nil {
		panic(err)
	}
	identity, err := pki.MOICA.Issue(verifiertest.Citizen{Name: "王小明", CardNumber: "0000000012345678", LastFour: "6789"},
		verifiertest.Terms{NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(1, 0, 0)})
	if err != nil {
		panic(err)
	}
	cert, err := verifier.ParseCertificate(identity.DER())
	if err != nil {
		panic(err)
	}
	return cert, identity.Key
})

func sign(t *testing.T, sentence []byte) []byte {
	t.Helper()
	_, key := card()
	sum := sha256.Sum256(sentence)
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

func sentence(t *testing.T, purpose challenge.Purpose, origin, nonce string) []byte {
	t.Helper()
	s, err := challenge.Sentence(purpose, origin, nonce)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSentenceIsAsWritten(t *testing.T) {
	want := "turnkey-login-v1\x00login\x00https://portal.example\x00" + nonce
	if got := sentence(t, challenge.Login, origin, nonce); string(got) != want {
		t.Errorf("the sentence is %q, want %q", got, want)
	}
}

func TestSecurityASentenceIsNeverXML(t *testing.T) {
	for _, purpose := range challenge.Purposes() {
		s := sentence(t, purpose, origin, challenge.NewNonce())
		if s[0] == '<' || s[0] <= ' ' || s[0] >= 0x80 || bytes.Count(s, []byte{0}) != 3 {
			t.Errorf("%q might begin a document", s)
		}
	}
}

func TestSecurityNothingElseBecomesASentence(t *testing.T) {
	tests := []struct {
		name, purpose, origin, nonce string
		want                         error
	}{
		{"no purpose", "", origin, nonce, challenge.ErrPurpose},
		{"another purpose", "sign", origin, nonce, challenge.ErrPurpose},
		{"a purpose in capitals", "Login", origin, nonce, challenge.ErrPurpose},
		{"a purpose with more", "login\x00" + origin, origin, nonce, challenge.ErrPurpose},
		{"no origin", "login", "", nonce, challenge.ErrOrigin},
		{"an origin with NUL", "login", "https://a\x00b", nonce, challenge.ErrOrigin},
		{"the opaque origin", "login", "null", nonce, challenge.ErrOrigin},
		{"no nonce", "login", origin, "", challenge.ErrNonce},
		{"a short nonce", "login", origin, nonce[:42], challenge.ErrNonce},
		{"a long nonce", "login", origin, nonce + "A", challenge.ErrNonce},
		{"a padded nonce", "login", origin, nonce + "=", challenge.ErrNonce},
		{"a nonce of 31 octets", "login", origin, base64.RawURLEncoding.EncodeToString(make([]byte, 31)), challenge.ErrNonce},
		{"a nonce with a line end", "login", origin, nonce[:20] + "\n" + nonce[20:], challenge.ErrNonce},
		{"a nonce with a line end of 43", "login", origin, nonce[:42] + "\n", challenge.ErrNonce},
		{"a nonce with spare bits", "login", origin, nonce[:42] + "9", challenge.ErrNonce},
		{"a nonce in base64", "login", origin, "+/" + nonce[2:], challenge.ErrNonce},
		{"a SignedInfo as nonce", "login", origin, "<SignedInfo xmlns=\"http://www.w3.org/2000/09", challenge.ErrNonce},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := challenge.Sentence(challenge.Purpose(tt.purpose), tt.origin, tt.nonce)
			if s != nil || !errors.Is(err, tt.want) {
				t.Errorf("Sentence = %q, %v, want %v", s, err, tt.want)
			}
			cert, _ := card()
			if err := challenge.Verify(cert, challenge.Purpose(tt.purpose), tt.origin, tt.nonce, nil); !errors.Is(err, tt.want) {
				t.Errorf("Verify = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestOrigins(t *testing.T) {
	for _, good := range []string{
		"https://portal.example", "https://portal.example:8443", "https://xn--fiq228c.example", "https://a-b.c1.tw",
		"https://192.0.2.1", "https://[2001:db8::1]:8443", "https://[2001:db8::1]", "https://localhost",
		"http://localhost", "http://localhost:8080", "http://127.0.0.1:8080", "http://127.0.0.1", "http://[::1]:8080",
	} {
		if err := challenge.CheckOrigin(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "https", "https:", "https://", "https:///", "https://portal.example/", "https://portal.example/a", "https://Portal.example",
		"HTTPS://portal.example", "https://portal.example:443", "https://portal.example:0", "https://portal.example:08443",
		"https://portal.example:", "https://portal.example:65536", "https://portal.example:+1", "https://portal.example?x", "https://portal.example#x",
		"https://user@portal.example", "https://.example", "https://example.", "https://a..b", "https://-a.example", "https://a-.example",
		"https://入口.example", "https://a_b.example", "https://a b", " https://a", "https://a ", "https://a\n", "https://*.example", "*",
		"https://1.2.3", "https://1.2.3.04", "https://0x7f.1", "https://example.1", "https://127.1", "https://256.1.1.1",
		"https://[2001:DB8::1]", "https://[2001:db8:0::1]", "https://[::1", "https://::1", "https://[1.2.3.4]", "https://[::ffff:1.2.3.4]", "https://[fe80::1%eth0]", "https://[fe80::1%25eth0]",
		"http://portal.example", "http://192.0.2.1", "http://localhost:80", "http://localhost.evil.example", "http://a.localhost", "http://[2001:db8::1]",
		"ws://localhost", "file://", "null", "chrome-extension://abcdefghijklmnopabcdefghijklmnop", "https://" + strings.Repeat("a.", 127) + "aa", "https://" + strings.Repeat("a", 64),
	} {
		if challenge.CheckOrigin(bad) == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestNoncesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		n := challenge.NewNonce()
		if err := challenge.CheckNonce(n); err != nil || len(n) != 43 || seen[n] {
			t.Fatalf("nonce %q: %v, or seen before", n, err)
		}
		seen[n] = true
	}
}

func TestVerify(t *testing.T) {
	cert, key := card()
	s := sentence(t, challenge.Login, origin, nonce)
	good := sign(t, s)
	changed := bytes.Clone(good)
	changed[100] ^= 1
	sum := sha256.Sum256(s)
	raw, err := rsa.SignPKCS1v15(rand.Reader, key, 0, sum[:]) // without the DigestInfo
	if err != nil {
		t.Fatal(err)
	}
	pss, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name      string
		signature []byte
		want      error
	}{
		{"good", good, nil},
		{"none", nil, challenge.ErrSignature},
		{"a bit changed", changed, challenge.ErrSignature},
		{"cut", good[:255], challenge.ErrSignature},
		{"with a zero before it", append([]byte{0}, good...), challenge.ErrSignature},
		{"with a zero after it", append(bytes.Clone(good), 0), challenge.ErrSignature},
		{"the bare digest signed", raw, challenge.ErrSignature},
		{"PSS", pss, challenge.ErrSignature},
		{"of the nonce alone", sign(t, []byte(nonce)), challenge.ErrSignature},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := challenge.Verify(cert, challenge.Login, origin, nonce, tt.signature); !errors.Is(err, tt.want) {
				t.Errorf("Verify = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestSecurityAWeakKeyProvesNothing(t *testing.T) {
	now := time.Now()
	pki, err := verifiertest.NewPKI(1, now)
	if err != nil {
		t.Fatal(err)
	}
	key := verifiertest.KeyOfBits(1024, 0)
	identity, err := pki.MOEACA.Issue(verifiertest.Company{Name: "測試", BusinessID: "97162640"},
		verifiertest.Terms{NotBefore: now, NotAfter: now.AddDate(1, 0, 0), Key: key})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(sentence(t, challenge.Login, origin, nonce))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	if err := challenge.Verify(identity.Parsed(t), challenge.Login, origin, nonce, signature); !errors.Is(err, challenge.ErrKey) {
		t.Errorf("Verify = %v, want %v", err, challenge.ErrKey)
	}
}

// FuzzSignature is the law that a signature for one (purpose, origin, nonce) holds for that
// one and never for another, and that whatever isn't one of them makes no sentence.
func FuzzSignature(f *testing.F) {
	other := base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	f.Add("login", origin, nonce, "login", origin, nonce)
	f.Add("login", origin, nonce, "register", origin, nonce)
	f.Add("login", origin, nonce, "login", origin+":8443", nonce)
	f.Add("login", origin, nonce, "login", origin, other)
	f.Add("login", "https://a", nonce, "login\x00https://a", "", nonce)
	f.Add("prove", "http://localhost:8080", nonce, "prove", "http://127.0.0.1:8080", nonce)
	f.Fuzz(func(t *testing.T, purpose, origin, nonce, purpose2, origin2, nonce2 string) {
		s, err := challenge.Sentence(challenge.Purpose(purpose), origin, nonce)
		if err != nil {
			if s != nil {
				t.Errorf("an error, and the sentence %q", s)
			}
			return
		}
		if parts := bytes.Split(s, []byte{0}); len(parts) != 4 || string(parts[1]) != purpose || string(parts[2]) != origin || string(parts[3]) != nonce {
			t.Errorf("%q doesn't say %q, %q, %q", s, purpose, origin, nonce)
		}
		cert, _ := card()
		signature := sign(t, s)
		if err := challenge.Verify(cert, challenge.Purpose(purpose), origin, nonce, signature); err != nil {
			t.Errorf("the signature doesn't hold for its own sentence: %v", err)
		}
		same := purpose == purpose2 && origin == origin2 && nonce == nonce2
		if err := challenge.Verify(cert, challenge.Purpose(purpose2), origin2, nonce2, signature); (err == nil) != same {
			t.Errorf("a signature for (%q, %q, %q) verified for (%q, %q, %q): %v", purpose, origin, nonce, purpose2, origin2, nonce2, err)
		}
	})
}
