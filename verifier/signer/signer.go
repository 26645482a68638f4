package signer

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/c14n"
)

// A Method is a canonicalisation, of the document and of SignedInfo alike, by its short
// name. All are without comments.
type Method string

const (
	C14N10    Method = "c14n10" // inclusive 1.0, the default
	C14N11    Method = "c14n11" // inclusive 1.1
	Exclusive Method = "exc"    // exclusive 1.0, without a PrefixList
)

// A Digest is the hash of the document and of the signature.
type Digest string

const (
	SHA256 Digest = "sha256" // the default
	SHA384 Digest = "sha384"
	SHA512 Digest = "sha512"
)

// Options are what the signature profile leaves open.
type Options struct {
	Method Method // empty means C14N10
	Digest Digest // empty means SHA256
}

// A Signer signs with one key in the name of one certificate. It is safe for concurrent
// use if its key is; those of crypto/rsa are.
type Signer struct {
	key         crypto.Signer
	certificate *verifier.Certificate
	method      c14n.Method
	hash        crypto.Hash
	engine      *verifier.Engine
}

// New returns a signer for key, whose certificate is given in DER. It says how to mend
// a key or certificate that no signature could be verified with. The certificate's
// period is not its business: it signs with an expired one, too.
func New(key crypto.Signer, certificate []byte, opts Options) (*Signer, error) {
	parsed, err := verifier.ParseCertificate(certificate)
	if err != nil {
		return nil, fmt.Errorf("read the signing certificate: %w", err)
	}
	if err := checkPair(key, parsed); err != nil {
		return nil, err
	}
	s := &Signer{key: key, certificate: parsed}
	if s.method, err = methodOf(opts.Method); err != nil {
		return nil, err
	}
	if s.hash, err = hashOf(opts.Digest); err != nil {
		return nil, err
	}
	profile, err := verifier.ProfileNamed("cpt")
	if err != nil {
		return nil, err
	}
	if s.engine, err = verifier.New(verifier.Config{Profile: profile}); err != nil {
		return nil, fmt.Errorf("prepare to verify what is signed: %w", err)
	}
	return s, nil
}

// Certificate returns the DER of the certificate in whose name s signs.
func (s *Signer) Certificate() []byte { return s.certificate.DER() }

func checkPair(key crypto.Signer, certificate *verifier.Certificate) error {
	if key == nil {
		return errors.New("there is no private key: give the one that belongs to the certificate")
	}
	public, ok := key.Public().(*rsa.PublicKey)
	if !ok {
		return fmt.Errorf("the private key is a %T: customs signatures need an RSA key", key.Public())
	}
	if certified := certificate.PublicKey(); certified == nil || !public.Equal(certified) {
		return fmt.Errorf("the private key does not belong to certificate %s (%s): give both of one pair",
			certificate.Serial(), certificate.Subject())
	}
	if weakness := certificate.KeyWeakness(); weakness != "" {
		return fmt.Errorf("%s: have a certificate issued for a key that the platform accepts", weakness)
	}
	return nil
}

func methodOf(m Method) (c14n.Method, error) {
	if m == "" {
		return c14n.Inclusive10, nil
	}
	method, known := c14n.Named(string(m))
	if !known {
		return 0, fmt.Errorf("canonicalisation method %q is unknown: use c14n10, c14n11 or exc", m)
	}
	return method, nil
}

func hashOf(d Digest) (crypto.Hash, error) {
	switch d {
	case "", SHA256:
		return crypto.SHA256, nil
	case SHA384:
		return crypto.SHA384, nil
	case SHA512:
		return crypto.SHA512, nil
	}
	return 0, fmt.Errorf("digest %q is unknown: use sha256, sha384 or sha512", d)
}

// Sign returns doc with a Signature as the root's last child. It fails, and says how to
// mend it, where doc is none that the platform accepts, is signed already, or where what
// it signed can't be verified.
func (s *Signer) Sign(doc []byte) ([]byte, error) {
	p, err := findPlace(doc)
	if err != nil {
		return nil, err
	}
	signature, err := s.signature(doc, p)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	signed := p.insert(doc, signature)
	if err := s.verify(signed); err != nil {
		return nil, err
	}
	return signed, nil
}

// signature returns the Signature element's bytes.
func (s *Signer) signature(doc []byte, p place) ([]byte, error) {
	ctx, err := dsig.NewSigningContext(s.key, [][]byte{s.certificate.DER()})
	if err != nil {
		return nil, err
	}
	ctx.Hash = s.hash
	// No prefix: in customs' messages ds: is bound to another namespace, and a default
	// namespace on Signature hides no prefix from anyone.
	ctx.Prefix = ""
	// The root stands for the document and is never read: goxmldsig digests what the
	// canonicaliser makes of it. Without an ID it is referred to as URI="".
	root := etree.NewElement("root")
	ctx.Canonicalizer = &canonicalizer{root: root, doc: doc, place: p, method: s.method}
	element, err := ctx.ConstructSignature(root, true)
	if err != nil {
		return nil, err
	}
	return serialize(element), nil
}

// verify judges what was signed as its addressee would, at a moment at which the
// certificate is valid.
func (s *Signer) verify(signed []byte) error {
	sender := verifier.Sender{Registrations: []verifier.Registration{{Certificate: s.certificate, State: verifier.InForce}}}
	valid := s.certificate.NotBefore()
	verdict := s.engine.Read(signed).Judge(sender, verifier.Moment{Received: valid, Decided: valid})
	if !verdict.Verified() {
		return fmt.Errorf("what was signed is not acceptable: %v: %s", verdict.Reason(), verdict.Detail().JSON())
	}
	return nil
}

// serialize writes an element that goxmldsig made: no line ends, so that nothing can
// change them.
func serialize(element *etree.Element) []byte {
	var out bytes.Buffer
	element.WriteTo(&out, &etree.WriteSettings{CanonicalAttrVal: true, CanonicalText: true, CanonicalEndTags: true})
	return out.Bytes()
}
