package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"turnkey-gateway/bench/declaration"
	"turnkey-gateway/bench/page"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/signer"
	"turnkey-gateway/verifier/verifiertest"
)

// box is the broker's identifier in every document.
const box = "906"

// A document is signed, and lies in a file for the peers outside this process.
type document struct {
	size   int // bytes wanted
	method signer.Method
	holder *holder

	signed []byte
	path   string

	// early is the same document with its Signature moved to be the root's first child,
	// which is covered by neither digest.
	early []byte

	// forged are copies with one byte changed after signing, in the content and in the
	// signature value: no peer may verify them.
	forged []forgery
}

type forgery struct {
	what   string
	signed []byte
	early  []byte
	path   string
}

// A holder signs with one key.
type holder struct {
	bits            int
	identity        *verifiertest.Identity
	certificate     *verifier.Certificate
	certificatePath string
}

// A sheaf makes documents under a directory.
type sheaf struct {
	dir     string
	now     time.Time
	pki     *verifiertest.PKI
	holders map[int]*holder
}

func newSheaf(dir string, now time.Time) (*sheaf, error) {
	pki, err := verifiertest.NewPKI(1, now)
	if err != nil {
		return nil, fmt.Errorf("found the sample authorities: %w", err)
	}
	return &sheaf{dir: dir, now: now, pki: pki, holders: make(map[int]*holder)}, nil
}

// holder returns the one whose RSA key has that size.
func (s *sheaf) holder(bits int) (*holder, error) {
	if h := s.holders[bits]; h != nil {
		return h, nil
	}
	identity, err := s.pki.Customs.Issue(verifiertest.CustomsHolder{BusinessID: "00042445", Ordinal: 1}, verifiertest.Terms{
		NotBefore: s.now.AddDate(0, -1, 0), NotAfter: s.now.AddDate(1, 0, 0), Key: verifiertest.KeyOfBits(bits, 0),
	})
	if err != nil {
		return nil, err
	}
	h := &holder{bits: bits, identity: identity, certificatePath: filepath.Join(s.dir, fmt.Sprintf("certificate-%d.pem", bits))}
	if h.certificate, err = verifier.ParseCertificate(identity.DER()); err != nil {
		return nil, err
	}
	if err := os.WriteFile(h.certificatePath, identity.CertificatePEM(), 0o600); err != nil {
		return nil, err
	}
	s.holders[bits] = h
	return h, nil
}

// document returns a declaration of about that many bytes, its Signature among them.
func (s *sheaf) document(size int, method signer.Method, bits int) (*document, error) {
	h, err := s.holder(bits)
	if err != nil {
		return nil, fmt.Errorf("issue a certificate of %d bits: %w", bits, err)
	}
	d := &document{size: size, method: method, holder: h}
	if d.signed, err = sign(h, method, declaration.New(size-declaration.SignatureSize, box)); err != nil {
		return nil, fmt.Errorf("sign %s: %w", d.name(), err)
	}
	d.early = declaration.SignatureFirst(d.signed)
	d.path = filepath.Join(s.dir, fmt.Sprintf("%d-%s-%d.xml", size, method, bits))
	if err := os.WriteFile(d.path, d.signed, 0o600); err != nil {
		return nil, err
	}
	for what, forge := range map[string]func([]byte) []byte{"content": forgeContent, "value": forgeValue} {
		f := forgery{what: what, signed: forge(d.signed), early: forge(d.early), path: d.path + "." + what}
		if err := os.WriteFile(f.path, f.signed, 0o600); err != nil {
			return nil, err
		}
		d.forged = append(d.forged, f)
	}
	return d, nil
}

func (d *document) name() string {
	name := page.Size(d.size) + " " + map[signer.Method]string{signer.C14N10: "inclusive", signer.Exclusive: "exclusive"}[d.method]
	if d.holder.bits != 2048 {
		name += fmt.Sprintf(" RSA-%d", d.holder.bits)
	}
	return name
}

func (d *document) elements() int { return declaration.Elements(d.signed) }

func sign(h *holder, method signer.Method, doc []byte) ([]byte, error) {
	s, err := h.identity.Signer(signer.Options{Method: method})
	if err != nil {
		return nil, err
	}
	return s.Sign(doc)
}

func forgeContent(signed []byte) []byte {
	return bytes.Replace(signed, []byte("<FunctionCode>9<"), []byte("<FunctionCode>1<"), 1)
}

// forgeValue changes a digit of base64 within the signature value.
func forgeValue(signed []byte) []byte {
	const tag = "<SignatureValue>"
	at := bytes.Index(signed, []byte(tag)) + len(tag) + 100
	forged := bytes.Clone(signed)
	if forged[at] == 'A' {
		forged[at] = 'B'
	} else {
		forged[at] = 'A'
	}
	return forged
}
