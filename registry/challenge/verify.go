package challenge

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"

	"turnkey-gateway/verifier"
)

// What a signature is refused for.
var (
	ErrSignature = errors.New("the signature isn't that certificate's key's over that sentence")
	ErrKey       = errors.New("no signature is accepted of that certificate's key")
)

// Verify returns nil if signature is RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.2), by
// the certificate's key, over the sentence of purpose, origin and nonce. It is about the key
// alone: whether the certificate is valid, and whose, is not asked here. Errors are
// [ErrSignature], [ErrKey] and those of [Sentence].
func Verify(cert *verifier.Certificate, purpose Purpose, origin, nonce string, signature []byte) error {
	sentence, err := Sentence(purpose, origin, nonce)
	if err != nil {
		return err
	}
	if weakness := cert.KeyWeakness(); weakness != "" {
		return fmt.Errorf("%w: %s", ErrKey, weakness)
	}
	sum := sha256.Sum256(sentence)
	if rsa.VerifyPKCS1v15(cert.PublicKey(), crypto.SHA256, sum[:], signature) != nil {
		return ErrSignature
	}
	return nil
}
