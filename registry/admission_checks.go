package registry

import (
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"math"
	"time"
)

// isAuthority reports whether a certificate is a certification authority's.
func isAuthority(cert *x509.Certificate) bool {
	return cert.IsCA || cert.KeyUsage&(x509.KeyUsageCertSign|x509.KeyUsageCRLSign) != 0
}

// maySign reports whether a certificate's key may sign documents: its keyUsage says
// digitalSignature or contentCommitment, or isn't there (RFC 5280 4.2.1.3).
func maySign(cert *x509.Certificate) bool {
	return cert.KeyUsage == 0 || cert.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) != 0
}

// checkUse refuses certificates whose key isn't for signing documents.
func checkUse(cert *x509.Certificate) error {
	if isAuthority(cert) {
		return refuse("AUTHORITY_CERTIFICATE",
			"this certificate says that it is a certification authority's (CA:TRUE), not a company's or person's: choose your own; one made for a test with openssl needs -addext basicConstraints=critical,CA:FALSE",
			"這張憑證標示為憑證機構所有（CA:TRUE），不是公司或個人的憑證：請選擇自己的憑證")
	}
	if !maySign(cert) {
		return refuse("ENCRYPTION_CERTIFICATE",
			"this certificate is for encryption only; a card holds a second one for signing: choose that one",
			"這張憑證僅供加密；卡片內另有一張簽章用憑證：請選擇簽章用憑證")
	}
	return nil
}

// RSA keys outside these bounds are refused. The upper ones bound the work of a
// verification; 2^31-1 is crypto/rsa's.
const (
	minKeyBits, maxKeyBits   = 2048, 4096
	minExponent, maxExponent = 65537, math.MaxInt32
)

// checkKey refuses keys that are no RSA keys, weak ones, and costly ones.
func checkKey(cert *x509.Certificate) error {
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return refuse("KEY_NOT_RSA",
			fmt.Sprintf("the certificate's key is of type %s; RSA of %d to %d bits is needed: ask the issuer for such a one", cert.PublicKeyAlgorithm, minKeyBits, maxKeyBits),
			fmt.Sprintf("此憑證的金鑰種類為 %s，必須是 %d 至 %d 位元的 RSA：請向發證單位重新申請", cert.PublicKeyAlgorithm, minKeyBits, maxKeyBits))
	}
	if bits := key.N.BitLen(); bits < minKeyBits || bits > maxKeyBits {
		return refuse("KEY_SIZE",
			fmt.Sprintf("the certificate's RSA key has %d bits; %d to %d are needed: ask the issuer for such a one", bits, minKeyBits, maxKeyBits),
			fmt.Sprintf("此憑證的 RSA 金鑰為 %d 位元，必須是 %d 至 %d 位元：請向發證單位重新申請", bits, minKeyBits, maxKeyBits))
	}
	if key.N.Bit(0) == 0 || key.E%2 == 0 || key.E < minExponent || key.E > maxExponent {
		return refuse("WEAK_KEY",
			"the certificate's RSA key is weak (its modulus is even, or its exponent is even or out of bounds): ask the issuer for a new one",
			"此憑證的 RSA 金鑰強度不足（模數為偶數，或指數不符規定）：請向發證單位重新申請")
	}
	return nil
}

// checkSignatureHash refuses certificates whose issuer signed them over a hash for
// which collisions can be made: what they say could be another's words.
func checkSignatureHash(cert *x509.Certificate) error {
	switch cert.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1, x509.UnknownSignatureAlgorithm:
		return refuse("WEAK_SIGNATURE",
			fmt.Sprintf("the issuer signed the certificate by %s, which is no longer safe: ask for one signed with SHA-256 or better", cert.SignatureAlgorithm),
			fmt.Sprintf("此憑證以 %s 簽發，已不安全：請向發證單位申請以 SHA-256 以上簽發的憑證", cert.SignatureAlgorithm))
	}
	return nil
}

// expiryNotice is how long before its expiry a certificate is worth a warning: from
// then on a successor can be had.
const expiryNotice = 60 * 24 * time.Hour

// checkValidity refuses expired certificates, and warns of those that don't count yet
// and those that soon won't.
func checkValidity(cert *x509.Certificate, at time.Time) ([]Message, error) {
	from, until := cert.NotBefore.UTC().Format(time.RFC3339), cert.NotAfter.UTC().Format(time.RFC3339)
	switch {
	case at.After(cert.NotAfter):
		return nil, refuse("EXPIRED",
			fmt.Sprintf("the certificate expired at %s: choose a current one, or ask the issuer for it", until),
			fmt.Sprintf("此憑證已於 %s 到期：請改用有效的憑證，或向發證單位申請", until))
	case at.Before(cert.NotBefore):
		return []Message{{"NOT_YET_VALID",
			fmt.Sprintf("the certificate is not valid until %s: messages signed with it are rejected before", from),
			fmt.Sprintf("此憑證自 %s 起生效，在此之前以其簽章的訊息會被退件", from)}}, nil
	case at.Add(expiryNotice).After(cert.NotAfter):
		return []Message{{"EXPIRES_SOON",
			fmt.Sprintf("the certificate expires at %s: register its successor in time", until),
			fmt.Sprintf("此憑證將於 %s 到期：請及早更換", until)}}, nil
	}
	return nil, nil
}
