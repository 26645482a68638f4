package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/youmark/pkcs8"

	"turnkey-gateway/verifier/verifiertest"
)

func TestSignThenVerify(t *testing.T) {
	id := broker(t, 0)
	key, cert := keyFile(t, id), certFile(t, id)
	for _, method := range []string{"c14n10", "c14n11", "exc"} {
		for _, digest := range []string{"sha256", "sha384", "sha512"} {
			t.Run(method+" "+digest, func(t *testing.T) {
				out := turnkeyWith(t, nil, declaration(""), "sign", "--key", key, "--cert", cert, "--method", method, "--digest", digest, "-").want(t, exitYes)
				if out.stderr != "" {
					t.Errorf("signing said %q", out.stderr)
				}
				turnkeyWith(t, nil, out.stdout, "verify", "--cert", cert, "-").want(t, exitYes)
			})
		}
	}
}

func TestSignWritesTheFileAskedFor(t *testing.T) {
	id := broker(t, 0)
	out := filepath.Join(t.TempDir(), "signed.xml")
	said := turnkeyWith(t, nil, declaration(""), "sign", "--key", keyFile(t, id), "--cert", certFile(t, id), "--out", out, "-").want(t, exitYes)
	if said.stdout != "" {
		t.Errorf("standard output has %q", said.stdout)
	}
	turnkey(t, "verify", "--cert", certFile(t, id), out).want(t, exitYes)
	turnkeyWith(t, nil, declaration(""), "sign", "--key", keyFile(t, id), "--cert", certFile(t, id), "--out", out+"/signed.xml", "-").want(t, exitUnknown, "not a directory")
}

// keyForms are the files that one key may come in.
func keyForms(t *testing.T, id *verifiertest.Identity) map[string][]byte {
	t.Helper()
	encode := func(kind string, der []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	p8, err := x509.MarshalPKCS8PrivateKey(id.Key)
	plain := encode("PRIVATE KEY", p8, err)
	sealed, err := pkcs8.MarshalPrivateKey(id.Key, []byte("open sesame"), nil)
	encrypted := encode("ENCRYPTED PRIVATE KEY", sealed, err)
	return map[string][]byte{
		"PKCS#1":           encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(id.Key), nil),
		"PKCS#8":           plain,
		"PKCS#8 encrypted": encrypted,
	}
}

func TestSignReadsKeysInTheirForms(t *testing.T) {
	id := broker(t, 0)
	doc, cert := writeFile(t, "a.xml", []byte(declaration(""))), certFile(t, id)
	passphrase := writeFile(t, "passphrase", []byte("open sesame\r\n"))
	for name, form := range keyForms(t, id) {
		t.Run(name, func(t *testing.T) {
			out := turnkey(t, "sign", "--key", writeFile(t, "key.pem", form), "--passphrase-file", passphrase, "--cert", cert, doc).want(t, exitYes)
			turnkeyWith(t, nil, out.stdout, "verify", "--cert", cert, "-").want(t, exitYes)
		})
	}
}

func TestSignWarnsOfASharedKeyFile(t *testing.T) {
	id := broker(t, 0)
	key := keyFile(t, id)
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	turnkeyWith(t, nil, declaration(""), "sign", "--key", key, "--cert", certFile(t, id), "-").want(t, exitYes, "warning", "chmod 600")
}

func TestSignSaysWhyNot(t *testing.T) {
	id := broker(t, 0)
	key, cert := keyFile(t, id), certFile(t, id)
	doc := writeFile(t, "a.xml", []byte(declaration("")))
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curveDER, err := x509.MarshalPKCS8PrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	old := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}, Bytes: []byte("x")})
	encrypted := writeFile(t, "key.p8", keyForms(t, id)["PKCS#8 encrypted"])
	wrong := writeFile(t, "passphrase", []byte("open barley"))
	tests := []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no key", []string{"--cert", cert, doc}, exitUnknown, "--key is missing"},
		{"no certificate", []string{"--key", key, doc}, exitUnknown, "--cert is missing"},
		{"another's key", []string{"--key", keyFile(t, broker(t, 1)), "--cert", cert, doc}, exitNo, "does not belong"},
		{"encrypted", []string{"--key", encrypted, "--cert", cert, doc}, exitUnknown, "--passphrase-file"},
		{"wrong passphrase", []string{"--key", encrypted, "--passphrase-file", wrong, "--cert", cert, doc}, exitUnknown, "check the passphrase"},
		{"encrypted the old way", []string{"--key", writeFile(t, "old.pem", old), "--cert", cert, doc}, exitUnknown, "openssl pkcs8 -topk8"},
		{"no key in the file", []string{"--key", cert, "--cert", cert, doc}, exitUnknown, "no PEM private key"},
		{"elliptic curve", []string{"--key", writeFile(t, "ec.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: curveDER})), "--cert", cert, doc}, exitUnknown, "RSA"},
		{"unknown method", []string{"--method", "c14n", "--key", key, "--cert", cert, doc}, exitUnknown, "c14n10, c14n11 or exc"},
		{"SHA-1", []string{"--digest", "sha1", "--key", key, "--cert", cert, doc}, exitUnknown, "sha256, sha384 or sha512"},
		{"signed already", []string{"--key", key, "--cert", cert, signedFile(t, id)}, exitNo, "already"},
		{"malformed", []string{"--key", key, "--cert", cert, writeFile(t, "b.xml", []byte("<a><b></a>"))}, exitNo, "byte"},
		{"no such file", []string{"--key", key, "--cert", cert, "nowhere.xml"}, exitUnknown, "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := turnkey(t, append([]string{"sign"}, tt.args...)...).want(t, tt.code, tt.want)
			if out.stdout != "" {
				t.Errorf("something was signed: %s", out.stdout)
			}
			if strings.Contains(out.stderr, "open sesame") || strings.Contains(out.stderr, "open barley") {
				t.Errorf("the passphrase is shown: %s", out.stderr)
			}
		})
	}
}
