package registrytest_test

import (
	"testing"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

// TestDatabasesAreApart gives one account to parties of two registries.
func TestDatabasesAreApart(t *testing.T) {
	epochs := make(map[registry.Epoch]bool)
	for range 2 {
		store := registrytest.Store(t)
		_, version, err := store.CreateParty(t.Context(), registrytest.Operator, registry.Identifier{Kind: verifier.Account, Value: "97162640"})
		if err != nil || version != 1 {
			t.Fatalf("version %d, %v", version, err)
		}
		_, epoch, _, err := store.Changes(t.Context(), 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		epochs[epoch] = true
	}
	if len(epochs) != 2 {
		t.Error("two registries share an epoch")
	}
}

func TestKeyFilesHoldTheSampleKeys(t *testing.T) {
	key, err := keyfile.Load(registrytest.KeyFile(t, "lookup"))
	if err != nil {
		t.Fatal(err)
	}
	if registry.NewLookupKey(key).Account("a") != registrytest.LookupKey().Account("a") {
		t.Error("the file holds another key than LookupKey")
	}
	if cache, err := keyfile.Load(registrytest.KeyFile(t, "cache")); err != nil || cache != registrytest.CacheKey() || cache == key {
		t.Errorf("the file of cache.key holds another key, or lookup.key's; %v", err)
	}
}
