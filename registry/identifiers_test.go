package registry_test

import (
	"testing"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/verifier"
)

func TestCheckIdentifier(t *testing.T) {
	tests := []struct {
		kind  verifier.IdentifierKind
		value string
		legal bool
	}{
		{verifier.BusinessID, "97162640", true},
		{verifier.BusinessID, "04177036", true},
		{verifier.BusinessID, "04595252", true}, // by 5, not by 10
		{verifier.BusinessID, "10458575", true}, // a 7 in the seventh place, counting 0
		{verifier.BusinessID, "10458574", true}, // and counting 1
		{verifier.BusinessID, "10458571", false},
		{verifier.BusinessID, "88117126", false},
		{verifier.BusinessID, "00000000", false},
		{verifier.BusinessID, "9716264", false},
		{verifier.BusinessID, "971626400", false},
		{verifier.BusinessID, "9716264O", false},
		{verifier.BusinessID, " ９７１６２６４０　", true}, // as typed with a Chinese input method
		{verifier.BusinessID, "", false},

		{verifier.NationalID, "A123456789", true},
		{verifier.NationalID, "a123456789", true},
		{verifier.NationalID, "F131104093", true},
		{verifier.NationalID, "A800000014", true},
		{verifier.NationalID, "AC01234567", true},
		{verifier.NationalID, "A123456788", false},
		{verifier.NationalID, "AC01234568", false},
		{verifier.NationalID, "A323456789", false},
		{verifier.NationalID, "AE01234567", false},
		{verifier.NationalID, "1123456789", false},
		{verifier.NationalID, "A12345678", false},

		{verifier.Specialist, "A00001", true},
		{verifier.Specialist, "d00001", true},
		{verifier.Specialist, "E00001", false},
		{verifier.Specialist, "A0001", false},

		{verifier.BrokerBox, "0A7", true},
		{verifier.BrokerBox, "0A", false},
		{verifier.BrokerBox, "0A-", false},

		{verifier.Account, "97162640", true},
		{verifier.Account, "someone@example.test", true},
		{verifier.Account, "", false},
		{verifier.Account, "two words", false},
		{verifier.Account, "a\x00b", false},
		{verifier.Account, "王大明", false},
		{verifier.Account, "a\xff", false},

		{"nickname", "x", false},
	}
	for _, tt := range tests {
		err := registry.CheckIdentifier(tt.kind, tt.value)
		if (err == nil) != tt.legal {
			t.Errorf("%s %q: got %v, want legal %v", tt.kind, tt.value, err, tt.legal)
		}
	}
}

// FuzzIdentifiers states: what is legal stays legal, and is found, in its normal form;
// and a legal 統一編號 or national id isn't legal with another last digit unless its
// rule says so.
func FuzzIdentifiers(f *testing.F) {
	for _, seed := range []string{"97162640", "10458575", "A123456789", "AC01234567", "A00001", "0A7", " ｘ@Example.test", "\xff", "ı"} {
		f.Add(seed)
	}
	key := registry.NewLookupKey(keyfile.Key{1, 2, 3})
	kinds := []verifier.IdentifierKind{verifier.Account, verifier.BusinessID, verifier.NationalID, verifier.BrokerBox, verifier.Specialist}
	f.Fuzz(func(t *testing.T, value string) {
		for _, kind := range kinds {
			normal := registry.Normalize(kind, value)
			if again := registry.Normalize(kind, normal); again != normal {
				t.Fatalf("%s %q became %q, then %q", kind, value, normal, again)
			}
			if key.Hash(kind, value) != key.Hash(kind, normal) {
				t.Fatalf("%s %q is not found by its normal form", kind, value)
			}
			if (registry.CheckIdentifier(kind, value) == nil) != (registry.CheckIdentifier(kind, normal) == nil) {
				t.Fatalf("%s %q: its normal form %q is judged otherwise", kind, value, normal)
			}
		}
		if id := registry.Normalize(verifier.NationalID, value); registry.CheckIdentifier(verifier.NationalID, id) == nil {
			altered := id[:9] + string('0'+(id[9]-'0'+1)%10)
			if registry.CheckIdentifier(verifier.NationalID, altered) == nil {
				t.Fatalf("%q and %q are both legal", id, altered)
			}
		}
	})
}

func TestNormalizeFoldsASCIIOnly(t *testing.T) {
	for _, tt := range []struct {
		kind        verifier.IdentifierKind
		value, want string
	}{
		{verifier.Account, "  Some.One@Example.TEST ", "some.one@example.test"},
		{verifier.Account, "\u212A@example.test", "\u212A@example.test"}, // KELVIN SIGN is no k
		{verifier.BrokerBox, "ａ0b", "A0B"},
		{verifier.BrokerBox, "ı0b", "ı0B"}, // dotless i is no I
	} {
		if got := registry.Normalize(tt.kind, tt.value); got != tt.want {
			t.Errorf("%s %q became %q, want %q", tt.kind, tt.value, got, tt.want)
		}
	}
}

func TestLookupHashTellsKindsAndKeysApart(t *testing.T) {
	key, other := registry.NewLookupKey(keyfile.Key{1}), registry.NewLookupKey(keyfile.Key{2})
	const value = "97162640"
	hashes := map[registry.LookupHash]string{}
	for name, h := range map[string]registry.LookupHash{
		"account":       key.Account(value),
		"ubn":           key.Hash(verifier.BusinessID, value),
		"other key":     other.Account(value),
		"another value": key.Account("04177036"),
	} {
		if twin, there := hashes[h]; there {
			t.Errorf("%s and %s have one hash", name, twin)
		}
		hashes[h] = name
	}
	// HMAC-SHA-256 of "account", 0x00, "97162640" under 01 00 ... 00, by openssl.
	const want = "8a73aadc23d8fbfe170770f2eb0ced926d10006386a210b97e8ef2c9ee7bbb4b"
	if got := key.Account(value).String(); got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
}
