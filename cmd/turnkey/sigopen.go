package main

import (
	"bytes"
	"crypto"
	_ "crypto/sha1" // for digestMethods
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"

	"turnkey-gateway/verifier"
)

// digestMethods and signatureMethods are the identifiers of XML Signature and RFC 9231
// that explaining can recompute, weak ones too: it is no verdict.
var (
	digestMethods = map[string]crypto.Hash{
		"http://www.w3.org/2000/09/xmldsig#sha1":        crypto.SHA1,
		"http://www.w3.org/2001/04/xmlenc#sha256":       crypto.SHA256,
		"http://www.w3.org/2001/04/xmldsig-more#sha384": crypto.SHA384,
		"http://www.w3.org/2001/04/xmlenc#sha512":       crypto.SHA512,
	}
	signatureMethods = map[string]crypto.Hash{
		"http://www.w3.org/2000/09/xmldsig#rsa-sha1":        crypto.SHA1,
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": crypto.SHA256,
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": crypto.SHA384,
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": crypto.SHA512,
	}
)

var (
	errNotRSA    = errors.New("the certificate's key is no RSA key")
	errNotBase64 = errors.New("SignatureValue is not base64")
	errOtherKey  = errors.New("it does not open with this certificate's key: another key signed, or SignatureValue was changed")
)

// openSignature returns the hash inside an RSA PKCS#1 v1.5 signature value: what the
// holder of the key signed (RFC 8017, 8.2.2 and 9.2). crypto/rsa only says yes or no.
// The padding is looked at just enough to show the hash; a verdict takes crypto/rsa.
func openSignature(cert *verifier.Certificate, value string, hash crypto.Hash) ([]byte, error) {
	key := cert.PublicKey()
	if key == nil {
		return nil, errNotRSA
	}
	signature, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value), ""))
	if err != nil {
		return nil, errNotBase64
	}
	opened := new(big.Int).Exp(new(big.Int).SetBytes(signature), big.NewInt(int64(key.E)), key.N).Bytes()
	// EM = 0x00 0x01 0xFF... 0x00 DigestInfo; the leading zero is gone with Bytes.
	padded := len(opened) == key.Size()-1 && opened[0] == 1 && bytes.HasPrefix(opened[1:], bytes.Repeat([]byte{0xFF}, 8))
	if !padded || len(opened) < hash.Size() {
		return nil, errOtherKey
	}
	return opened[len(opened)-hash.Size():], nil
}
