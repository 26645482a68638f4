package main

import (
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/youmark/pkcs8"

	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

func TestProve(t *testing.T) {
	const origin = "https://portal.example.tw"
	id, nonce := broker(t, 0), challenge.NewNonce()
	args := []string{"prove", "--key", keyFile(t, id), "--cert", certFile(t, id), "--origin", origin, "--nonce", nonce}
	out := turnkey(t, args...).want(t, exitYes, origin, "paste")
	signature, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(out.stdout, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := verifier.ParseCertificate(id.DER())
	if err != nil {
		t.Fatal(err)
	}
	if err := challenge.Verify(cert, challenge.Prove, origin, nonce, signature); err != nil {
		t.Error(err)
	}
	for _, purpose := range challenge.Purposes() {
		if purpose != challenge.Prove && challenge.Verify(cert, purpose, origin, nonce, signature) == nil {
			t.Errorf("it is good for %s too", purpose)
		}
	}
	turnkey(t, append(args, "--lang", "zh")...).want(t, exitYes, "請貼回網頁")
}

func TestProveRefuses(t *testing.T) {
	id := broker(t, 0)
	good := map[string]string{
		"--key": keyFile(t, id), "--cert": certFile(t, id), "--origin": "https://portal.example.tw", "--nonce": challenge.NewNonce(),
	}
	weak := card(t, verifiertest.Terms{Key: verifiertest.KeyOfBits(1024, 0)})
	sealed, err := pkcs8.MarshalPrivateKey(id.Key, []byte("open sesame"), nil)
	if err != nil {
		t.Fatal(err)
	}
	encrypted := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: sealed})
	tests := []struct {
		name string
		with map[string]string
		code int
		want string
	}{
		{"no key", map[string]string{"--key": ""}, exitUnknown, "--key is missing"},
		{"no certificate", map[string]string{"--cert": ""}, exitUnknown, "--cert is missing"},
		{"a page's address", map[string]string{"--origin": "https://portal.example.tw/import"}, exitUnknown, "not an origin"},
		{"http", map[string]string{"--origin": "http://portal.example.tw"}, exitUnknown, "not an origin"},
		{"half a nonce", map[string]string{"--nonce": "4fzR"}, exitUnknown, "not a nonce"},
		{"a document", map[string]string{"--nonce": "<SignedInfo/>"}, exitUnknown, "not a nonce"},
		{"another's certificate", map[string]string{"--cert": certFile(t, broker(t, 1))}, exitNo, "does not belong"},
		{"a weak key", map[string]string{"--key": keyFile(t, weak), "--cert": certFile(t, weak)}, exitNo, "no signature is accepted"},
		{"encrypted, no passphrase", map[string]string{"--key": writeFile(t, "key.pem", encrypted)}, exitUnknown, "--passphrase-file"},
		{"no such key", map[string]string{"--key": "nowhere.pem"}, exitUnknown, "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := []string{"prove"}
			for flag, value := range good {
				if other, ok := tt.with[flag]; ok {
					value = other
				}
				args = append(args, flag, value)
			}
			if out := turnkey(t, args...).want(t, tt.code, tt.want); out.stdout != "" {
				t.Errorf("it printed %q", out.stdout)
			}
		})
	}
}
