package postgres

import (
	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// LookupHash returns under which hash an identifier is found.
func (s *Store) LookupHash(kind verifier.IdentifierKind, value string) registry.LookupHash {
	return s.lookup.Hash(kind, value)
}
