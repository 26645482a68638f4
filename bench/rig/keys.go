package rig

import (
	"path/filepath"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/keyfile"
)

// KeyFiles are the paths of the three secret keys that the programs share.
type KeyFiles struct{ Cache, Lookup, Identity string }

// NewKeyFiles makes keys in dir, readable by their owner only.
func NewKeyFiles(dir string) (KeyFiles, error) {
	files := KeyFiles{
		Cache:    filepath.Join(dir, "cache.key"),
		Lookup:   filepath.Join(dir, "lookup.key"),
		Identity: filepath.Join(dir, "identity.key"),
	}
	for _, path := range []string{files.Cache, files.Lookup, files.Identity} {
		if err := keyfile.Create(path); err != nil {
			return KeyFiles{}, err
		}
	}
	return files, nil
}

// Load returns what a program that registers parties needs.
func (k KeyFiles) Load() (registry.LookupKey, *registry.IdentityKey, error) {
	lookup, err := keyfile.Load(k.Lookup)
	if err != nil {
		return registry.LookupKey{}, nil, err
	}
	secret, err := keyfile.Load(k.Identity)
	if err != nil {
		return registry.LookupKey{}, nil, err
	}
	identity, err := registry.NewIdentityKey(secret)
	return registry.NewLookupKey(lookup), identity, err
}
