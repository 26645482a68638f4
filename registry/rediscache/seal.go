package rediscache

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"hash"
	"sync"

	"turnkey-gateway/registry/keyfile"
)

// macSize is the length of the HMAC at the end of every value.
const macSize = sha256.Size

// errMAC means that a value was not written, at this key, by a holder of cache.key.
var errMAC = errors.New("wrong HMAC")

// A sealer binds values to their keys under cache.key. Safe for concurrent use.
type sealer struct{ macs sync.Pool }

func newSealer(key keyfile.Key) *sealer {
	s := new(sealer)
	s.macs.New = func() any { return hmac.New(sha256.New, key[:]) }
	return s
}

// seal appends the HMAC of key, 0x00 and body to body. Keys hold no 0x00, so that
// no two pairs share their bytes.
func (s *sealer) seal(key string, body []byte) []byte {
	return s.sum(key, body, body)
}

// open returns the body of a sealed value.
func (s *sealer) open(key string, value []byte) ([]byte, error) {
	if len(value) < macSize {
		return nil, errGarbage
	}
	body, mac := value[:len(value)-macSize], value[len(value)-macSize:]
	var want [macSize]byte
	if !hmac.Equal(mac, s.sum(key, body, want[:0])) {
		return nil, errMAC
	}
	return body, nil
}

func (s *sealer) sum(key string, body, dst []byte) []byte {
	mac := s.macs.Get().(hash.Hash)
	defer s.macs.Put(mac)
	mac.Reset()
	mac.Write([]byte(key))
	mac.Write([]byte{0})
	mac.Write(body)
	return mac.Sum(dst)
}
