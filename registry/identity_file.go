package registry

import (
	"turnkey-gateway/registry/keyfile"
)

// LoadIdentityKey reads identity.key, and the files of older keys that a rotation has not
// yet done away with.
func LoadIdentityKey(current string, older ...string) (*IdentityKey, error) {
	first, err := keyfile.Load(current)
	if err != nil {
		return nil, err
	}
	rest := make([]keyfile.Key, len(older))
	for i, file := range older {
		if rest[i], err = keyfile.Load(file); err != nil {
			return nil, err
		}
	}
	return NewIdentityKey(first, rest...)
}
