package main

import (
	"os"
	"path/filepath"
	"testing"

	"turnkey-gateway/registry/keyfile"
)

func TestKeysInitMakesThreeFilesOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	turnkey(t, "keys", "init", dir).want(t, exitYes, "made", "cache.key", "lookup.key", "identity.key")
	first := make(map[string]keyfile.Key)
	for _, name := range []string{"cache.key", "lookup.key", "identity.key"} {
		key, err := keyfile.Load(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for other, k := range first {
			if k == key {
				t.Errorf("%s and %s are the same key", name, other)
			}
		}
		first[name] = key
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, err %v, want 0600", name, info.Mode(), err)
		}
	}

	turnkey(t, "keys", "init", dir).want(t, exitYes, "kept")
	for name, key := range first {
		if again, err := keyfile.Load(filepath.Join(dir, name)); err != nil || again != key {
			t.Errorf("a second init changed %s (err %v)", name, err)
		}
	}
}

func TestKeysInitSaysWhyNot(t *testing.T) {
	file := writeFile(t, "a file", nil)
	turnkey(t, "keys", "init", filepath.Join(file, "keys")).want(t, exitUnknown, "not a directory")
	turnkey(t, "keys", "init").want(t, exitUnknown, "DIR is missing", "turnkey keys init --help")
}
