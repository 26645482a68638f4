package grammar

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"

	"turnkey-gateway/verifier/verifiertest/oracle"
)

// A Canonicalizer makes the octets that are signed.
type Canonicalizer interface {
	Name() string
	Canonicalize(oracle.Request) ([]byte, error)
}

// A Document is a signed document.
type Document struct {
	Seed     uint64
	Text     []byte
	Unsigned []byte // without the Signature and the Ids it refers to
	Profile  string // the narrowest that takes it: cpt or interop
	Key      *Key   // that signed it

	tree *document
	plan plan
}

// Streams of choices that follow from one seed.
const (
	streamDocument = iota + 1
	streamSigning
	streamMutation // and up
)

// Make makes and signs the document of a seed. Half of the documents are signed over the
// octets of the first signer, the rest over those of the others in turn, if there are any;
// all must be the same anyway.
func Make(seed uint64, signers ...Canonicalizer) (*Document, error) {
	s := newSource(seed, streamDocument)
	p := s.signing()
	interop := p.profile == "interop"
	d := generate(s, interop)
	made := &Document{Seed: seed, Profile: p.profile, Key: p.key, Unsigned: []byte(d.String()), tree: d}
	g := &generator{source: s, lines: pick(s, []string{"\n", "\r\n", ""})}
	signature := g.signature(&p)
	g.place(d.root, signature, interop)
	if interop {
		// What is referred to must be known before the Signature can name it.
		g.refer(&p, d, signature)
		*signature = *g.signature(&p)
	}
	made.plan = p
	by := signers[0]
	if others := signers[1:]; len(others) > 0 && p.signer > 1 {
		by = others[p.signer%len(others)]
	}
	if err := sign(d, &made.plan, newSource(seed, streamSigning), by); err != nil {
		return nil, fmt.Errorf("sign document %d with %s: %w", seed, by.Name(), err)
	}
	made.Text = []byte(d.String())
	return made, nil
}

// sign fills in the digests and the value of the tree's Signature.
func sign(tree *document, p *plan, s source, c Canonicalizer) error {
	for i := range p.references {
		part, _ := tree.part("DigestValue" + strconv.Itoa(i))
		if part == nil || len(part.children) == 0 {
			return fmt.Errorf("there is no Reference %d", i)
		}
		octets, err := c.Canonicalize(p.references[i].request([]byte(tree.String())))
		if err != nil {
			return fmt.Errorf("reference %d: %w", i, err)
		}
		part.children[0].raw = base64.StdEncoding.EncodeToString(p.references[i].digest.sum(octets))
		if s.oneIn(20) {
			part.children[0].raw = "\n" + part.children[0].raw + " "
		}
		if p.spell != nil {
			part.children[0].raw = p.spell(part.children[0].raw)
		}
	}
	octets, err := c.Canonicalize(oracle.Request{Options: p.method, Apex: "SignedInfo", Document: []byte(tree.String())})
	if err != nil {
		return fmt.Errorf("SignedInfo: %w", err)
	}
	value, err := p.value(s, octets)
	if err != nil {
		return err
	}
	part, _ := tree.part("SignatureValue")
	if part == nil || len(part.children) == 0 {
		return errors.New("there is no SignatureValue")
	}
	part.children[0].raw = s.lined(base64.StdEncoding.EncodeToString(value))
	return nil
}

// request is for the octets of a reference. One to the same document leaves comments out
// whatever the transform says (XML Signature, 4.4.3.3).
func (r *reference) request(document []byte) oracle.Request {
	q := oracle.Request{Options: r.form, Unsigned: r.enveloped, Document: document}
	q.Options.Comments = false
	if r.id != "" {
		q.Apex = "#" + r.id
	}
	return q
}

// value signs the canonical SignedInfo.
func (p *plan) value(s source, octets []byte) ([]byte, error) {
	sum := p.algorithm.sum(octets)
	switch key := p.key.Signer.(type) {
	case *rsa.PrivateKey:
		if strings.HasSuffix(p.algorithm.uri, "MGF1") {
			var seed [32]byte
			for i := range seed {
				seed[i] = byte(s.Uint32())
			}
			opts := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: p.algorithm.hash}
			return rsa.SignPSS(rand.NewChaCha8(seed), key, p.algorithm.hash, sum, opts)
		}
		return rsa.SignPKCS1v15(nil, key, p.algorithm.hash, sum)
	case *ecdsa.PrivateKey:
		return signRaw(key, sum, p.algorithm.hash)
	}
	return nil, fmt.Errorf("no signature is made with a %T", p.key.Signer)
}

// signRaw returns r||s (RFC 9231, 2.3.6), the same for the same sum (RFC 6979).
func signRaw(key *ecdsa.PrivateKey, sum []byte, hash crypto.Hash) ([]byte, error) {
	der, err := key.Sign(nil, sum, hash)
	if err != nil {
		return nil, fmt.Errorf("sign with a curve: %w", err)
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		return nil, fmt.Errorf("sign with a curve: %w", err)
	}
	size := (key.Curve.Params().N.BitLen() + 7) / 8
	return append(pair.R.FillBytes(make([]byte, size)), pair.S.FillBytes(make([]byte, size))...), nil
}
