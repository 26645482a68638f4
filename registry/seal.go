package registry

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"

	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/verifier"
)

// An IdentityKey seals national ids at rest: AES-256-GCM with random nonces, bound to
// the party and to the lookup hash they are stored with, so that one sealed value
// can't be passed off as another's. Random nonces are safe for 2^32 values.
type IdentityKey struct{ gcm cipher.AEAD }

// NewIdentityKey wraps the contents of identity.key.
func NewIdentityKey(key keyfile.Key) (*IdentityKey, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("prepare identity key: %w", err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("prepare identity key: %w", err)
	}
	return &IdentityKey{gcm}, nil
}

// Format hides the key.
func (*IdentityKey) Format(f fmt.State, _ rune) { io.WriteString(f, "[identity key]") }

// sealedFormat is the first byte of a sealed value; it names this construction.
const sealedFormat = 1

// Seal encrypts a normalised national id: sealedFormat, nonce, ciphertext, tag.
func (k *IdentityKey) Seal(party verifier.PartyID, lookup LookupHash, id string) []byte {
	return k.gcm.Seal([]byte{sealedFormat}, nil, []byte(id), sealContext(party, lookup))
}

// Open decrypts what [IdentityKey.Seal] returned for the same party and lookup hash.
func (k *IdentityKey) Open(party verifier.PartyID, lookup LookupHash, sealed []byte) (string, error) {
	if len(sealed) == 0 || sealed[0] != sealedFormat {
		return "", errors.New("open national id: sealed in an unknown format")
	}
	id, err := k.gcm.Open(nil, nil, sealed[1:], sealContext(party, lookup))
	if err != nil {
		return "", fmt.Errorf("open national id: sealed under another key or for another party: %w", err)
	}
	return string(id), nil
}

// sealContext is the additional authenticated data. The hash has a fixed length, so
// no two pairs give the same bytes.
func sealContext(party verifier.PartyID, lookup LookupHash) []byte {
	return append(append([]byte("turnkey national id\x00"), lookup[:]...), party...)
}
