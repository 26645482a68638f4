package registry_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"strings"
	"testing"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/verifier"
)

func TestSealIsBoundToItsRow(t *testing.T) {
	key, err := registry.NewIdentityKey(keyfile.Key{1})
	if err != nil {
		t.Fatal(err)
	}
	otherKey, err := registry.NewIdentityKey(keyfile.Key{2})
	if err != nil {
		t.Fatal(err)
	}
	const id = "A123456789"
	party, lookup := verifier.PartyID("P-AAAAAAAAAAAAAAAA"), registry.LookupHash{1}
	sealed := key.Seal(party, lookup, id)
	if opened, err := key.Open(party, lookup, sealed); err != nil || opened != id {
		t.Fatalf("opened %q, %v", opened, err)
	}
	if bytes.Equal(sealed, key.Seal(party, lookup, id)) {
		t.Error("sealed twice, it looks the same")
	}
	if bytes.Contains(sealed, []byte(id)) {
		t.Error("it is not sealed")
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	otherFormat := bytes.Clone(sealed)
	otherFormat[0]++
	for name, open := range map[string]func() (string, error){
		"another party":  func() (string, error) { return key.Open("P-BBBBBBBBBBBBBBBB", lookup, sealed) },
		"another hash":   func() (string, error) { return key.Open(party, registry.LookupHash{2}, sealed) },
		"another key":    func() (string, error) { return otherKey.Open(party, lookup, sealed) },
		"a flipped bit":  func() (string, error) { return key.Open(party, lookup, flipped) },
		"another format": func() (string, error) { return key.Open(party, lookup, otherFormat) },
		"cut short":      func() (string, error) { return key.Open(party, lookup, sealed[:5]) },
		"nothing":        func() (string, error) { return key.Open(party, lookup, nil) },
	} {
		if opened, err := open(); err == nil {
			t.Errorf("%s: opened %q", name, opened)
		}
	}
	if printed := fmt.Sprintf("%v %x %+v", key, key, registry.NewLookupKey(keyfile.Key{0xAB, 0xCD})); strings.Contains(strings.ToLower(printed), "abcd") || strings.Contains(printed, "171") {
		t.Errorf("printed %s", printed)
	}
}

func TestMaskNationalID(t *testing.T) {
	for id, want := range map[string]string{"A123456789": "A********9", "": "**********", "short": "**********"} {
		if got := registry.MaskNationalID(id); got != want {
			t.Errorf("%q is shown as %q, want %q", id, got, want)
		}
	}
}

func TestActorsAreImpersonal(t *testing.T) {
	for actor, legal := range map[registry.Actor]bool{
		"operator:root":                true,
		"party:P-AAAAAAAAAAAAAAAA":     true,
		"system:relay":                 true,
		"operator:someone@example.com": false,
		"operator:":                    false,
		"root":                         false,
		"":                             false,
		"operator:a b":                 false,
		"operator:root\n":              false,
	} {
		if err := actor.Check(); (err == nil) != legal {
			t.Errorf("%q: %v, want legal %v", actor, err, legal)
		}
	}
}

// TestSealedValuesNameTheirKey rotates: what an older key sealed is opened, what is sealed
// anew is the current key's.
func TestSealedValuesNameTheirKey(t *testing.T) {
	older, err := registry.NewIdentityKey(keyfile.Key{1})
	if err != nil {
		t.Fatal(err)
	}
	both, err := registry.NewIdentityKey(keyfile.Key{2}, keyfile.Key{1})
	if err != nil {
		t.Fatal(err)
	}
	sealed := older.SealBytes("place", []byte("plain"))
	if opened, err := both.OpenBytes("place", sealed); err != nil || string(opened) != "plain" {
		t.Errorf("opened %q, %v", opened, err)
	}
	id := both.ID()
	if anew := both.SealBytes("place", []byte("plain")); !bytes.Equal(anew[1:5], id[:]) || bytes.Equal(sealed[1:5], id[:]) {
		t.Errorf("sealed anew by %x, before by %x, the current key is %x", anew[1:5], sealed[1:5], id)
	}
	if _, err := older.OpenBytes("place", both.SealBytes("place", nil)); err == nil {
		t.Error("the older key opens what the newer one sealed")
	}
}

// TestUnnamedSealedValuesOpen opens a value of the format that named no key:
// AES-256-GCM under the key 01 00 ... 00.
func TestUnnamedSealedValuesOpen(t *testing.T) {
	block, err := aes.NewCipher(append([]byte{1}, make([]byte, 31)...))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	party, lookup := verifier.PartyID("P-AAAAAAAAAAAAAAAA"), registry.LookupHash{1}
	sealed := gcm.Seal([]byte{1}, nil, []byte("A123456789"), []byte(registry.SealContext(party, lookup)))
	key, err := registry.NewIdentityKey(keyfile.Key{2}, keyfile.Key{1})
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := key.Open(party, lookup, sealed); err != nil || opened != "A123456789" {
		t.Errorf("opened %q, %v", opened, err)
	}
}
