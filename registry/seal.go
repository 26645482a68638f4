package registry

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/verifier"
)

// An IdentityKey seals personal data at rest: AES-256-GCM with random nonces, bound to
// where it is stored, so that one sealed value can't be passed off as another's. Random
// nonces are safe for 2^32 values. It seals under one key and opens what that one or an
// older one sealed, which a rotation needs.
type IdentityKey struct{ keys []sealingKey } // the one that seals first

type sealingKey struct {
	id  [4]byte
	gcm cipher.AEAD
}

// NewIdentityKey wraps the contents of identity.key, and of the files of older keys.
func NewIdentityKey(current keyfile.Key, older ...keyfile.Key) (*IdentityKey, error) {
	k := &IdentityKey{}
	for _, key := range append([]keyfile.Key{current}, older...) {
		block, err := aes.NewCipher(key[:])
		if err != nil {
			return nil, fmt.Errorf("prepare identity key: %w", err)
		}
		gcm, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("prepare identity key: %w", err)
		}
		named := sealingKey{gcm: gcm}
		digest := sha256.Sum256(append([]byte("turnkey identity key id\x00"), key[:]...))
		copy(named.id[:], digest[:])
		k.keys = append(k.keys, named)
	}
	return k, nil
}

// Format hides the key.
func (*IdentityKey) Format(f fmt.State, _ rune) { io.WriteString(f, "[identity key]") }

// The first byte of a sealed value names its construction.
const (
	sealedUnnamed = 1 // nonce, ciphertext, tag
	sealedNamed   = 2 // key id (4 bytes), nonce, ciphertext, tag
)

// ID names the key that seals: the first 4 bytes of a SHA-256 over it. Sealed values
// carry it in bytes 1 to 4.
func (k *IdentityKey) ID() [4]byte { return k.keys[0].id }

// Stamp begins every value that the key seals, and none that another one sealed.
func (k *IdentityKey) Stamp() []byte {
	id := k.ID()
	return append([]byte{sealedNamed}, id[:]...)
}

// SealBytes encrypts plain for one place, which context names.
func (k *IdentityKey) SealBytes(context string, plain []byte) []byte {
	return k.keys[0].gcm.Seal(k.Stamp(), nil, plain, []byte(context))
}

// OpenBytes decrypts what [IdentityKey.SealBytes] returned for the same context.
func (k *IdentityKey) OpenBytes(context string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != sealedUnnamed && sealed[0] != sealedNamed {
		return nil, errors.New("open sealed data: sealed in an unknown format")
	}
	named, box := sealed[0] == sealedNamed, sealed[1:]
	var id []byte
	if named {
		if len(box) < 4 {
			return nil, errors.New("open sealed data: cut short")
		}
		id, box = box[:4], box[4:]
	}
	for _, key := range k.keys {
		if named && string(id) != string(key.id[:]) {
			continue
		}
		if plain, err := key.gcm.Open(nil, nil, box, []byte(context)); err == nil {
			return plain, nil
		}
	}
	return nil, errors.New("open sealed data: sealed under another key or for another place")
}

// Seal encrypts a normalised national id for a party's row.
func (k *IdentityKey) Seal(party verifier.PartyID, lookup LookupHash, id string) []byte {
	return k.SealBytes(SealContext(party, lookup), []byte(id))
}

// Open decrypts what [IdentityKey.Seal] returned for the same party and lookup hash.
func (k *IdentityKey) Open(party verifier.PartyID, lookup LookupHash, sealed []byte) (string, error) {
	id, err := k.OpenBytes(SealContext(party, lookup), sealed)
	return string(id), err
}

// SealContext is the place of a national id. The hash has a fixed length, so no two
// pairs give the same bytes.
func SealContext(party verifier.PartyID, lookup LookupHash) string {
	return "turnkey national id\x00" + string(lookup[:]) + string(party)
}
