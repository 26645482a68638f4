package explain

import (
	"bytes"
	"crypto"
	_ "crypto/sha1" // for digestMethods
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"math/big"

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
	notRSA    = Text{"the certificate's key is no RSA key of up to 8192 bits", "憑證的金鑰不是 8192 位元以內的 RSA 金鑰"}
	notBase64 = Text{"SignatureValue is not base64", "SignatureValue 不是 base64"}
	otherKey  = Text{"it does not open with this certificate's key: another key signed, or SignatureValue was changed", "無法以此憑證的金鑰解開：由其他金鑰簽署，或 SignatureValue 被更動"}
)

// openSignature returns the hash inside an RSA PKCS#1 v1.5 signature value: what the
// holder of the key signed (RFC 8017, 8.2.2 and 9.2); else why it can't. crypto/rsa only
// says yes or no. The padding is looked at just enough to show the hash; a verdict takes
// crypto/rsa.
func openSignature(cert *verifier.Certificate, value []byte, hash crypto.Hash) ([]byte, Text) {
	key := cert.PublicKey()
	if key == nil || key.N.BitLen() > 8192 || key.N.Sign() <= 0 || key.E <= 0 {
		return nil, notRSA
	}
	signature, err := base64.StdEncoding.DecodeString(withoutBlanks(value))
	if err != nil {
		return nil, notBase64
	}
	if len(signature) > key.Size() {
		return nil, otherKey
	}
	opened := new(big.Int).Exp(new(big.Int).SetBytes(signature), big.NewInt(int64(key.E)), key.N).Bytes()
	// EM = 0x00 0x01 0xFF... 0x00 DigestInfo; the leading zero is gone with Bytes.
	padded := len(opened) == key.Size()-1 && opened[0] == 1 && bytes.HasPrefix(opened[1:], bytes.Repeat([]byte{0xFF}, 8))
	if !padded || len(opened) < hash.Size() {
		return nil, otherKey
	}
	return opened[len(opened)-hash.Size():], Text{}
}

// withoutBlanks is base64 as decoders want it.
func withoutBlanks(written []byte) string {
	return string(bytes.Join(bytes.Fields(written), nil))
}
