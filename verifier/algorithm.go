package verifier

import "crypto"

// A scheme is how a signature value is made from a digest.
type scheme uint8

const (
	rsaPKCS1 scheme = iota // RSASSA-PKCS1-v1_5 (RFC 8017, 8.2)
	rsaPSS                 // RSASSA-PSS with MGF1 of the same hash, salt as long as it (8.1)
	ecdsaRaw               // ECDSA, r||s
)

// An algorithm is one of XML Signature, for digests (scheme unused) or signatures.
type algorithm struct {
	name   string // for people
	hash   crypto.Hash
	scheme scheme

	// sha1 ones pass only where the profile lets them; broken ones never do.
	sha1, broken bool
}

// Identifiers of RFC 9231 and XML Signature 1.1. Those of unkeyed or secret-key
// signatures are unknown on purpose: a MAC keyed with a public key proves nothing.
var signatureAlgorithms = map[string]algorithm{
	"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256":      {name: "rsa-sha256", hash: crypto.SHA256},
	"http://www.w3.org/2001/04/xmldsig-more#rsa-sha384":      {name: "rsa-sha384", hash: crypto.SHA384},
	"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512":      {name: "rsa-sha512", hash: crypto.SHA512},
	"http://www.w3.org/2000/09/xmldsig#rsa-sha1":             {name: "rsa-sha1", hash: crypto.SHA1, sha1: true},
	"http://www.w3.org/2001/04/xmldsig-more#rsa-md5":         {name: "rsa-md5", broken: true},
	"http://www.w3.org/2001/04/xmldsig-more#rsa-ripemd160":   {name: "rsa-ripemd160", broken: true},
	"http://www.w3.org/2000/09/xmldsig#dsa-sha1":             {name: "dsa-sha1", broken: true},
	"http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1": {name: "sha256-rsa-MGF1", hash: crypto.SHA256, scheme: rsaPSS},
	"http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1": {name: "sha384-rsa-MGF1", hash: crypto.SHA384, scheme: rsaPSS},
	"http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1": {name: "sha512-rsa-MGF1", hash: crypto.SHA512, scheme: rsaPSS},
	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1":      {name: "ecdsa-sha1", hash: crypto.SHA1, scheme: ecdsaRaw, sha1: true},
	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256":    {name: "ecdsa-sha256", hash: crypto.SHA256, scheme: ecdsaRaw},
	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384":    {name: "ecdsa-sha384", hash: crypto.SHA384, scheme: ecdsaRaw},
	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512":    {name: "ecdsa-sha512", hash: crypto.SHA512, scheme: ecdsaRaw},
}

var digestAlgorithms = map[string]algorithm{
	"http://www.w3.org/2001/04/xmlenc#sha256":       {name: "sha256", hash: crypto.SHA256},
	"http://www.w3.org/2001/04/xmldsig-more#sha384": {name: "sha384", hash: crypto.SHA384},
	"http://www.w3.org/2001/04/xmlenc#sha512":       {name: "sha512", hash: crypto.SHA512},
	"http://www.w3.org/2000/09/xmldsig#sha1":        {name: "sha1", hash: crypto.SHA1, sha1: true},
	"http://www.w3.org/2001/04/xmldsig-more#md5":    {name: "md5", broken: true},
}

// allows reports whether the profile lets a signature's scheme pass.
func (p Profile) allows(s scheme) bool {
	switch s {
	case rsaPSS:
		return p.PSS
	case ecdsaRaw:
		return p.ECDSA
	}
	return true
}
