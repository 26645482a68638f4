package secondopinion

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"
)

// An Opinion is what goxmldsig thinks of a document.
type Opinion struct {
	// Skipped says why there is none; Asked where there is one.
	Skipped Reason

	// Signed says whether the certificate's key signed the document.
	Signed bool

	// Err says why it did not, or what panicked. It may quote the document, so it is for
	// tests and for people who hold the document anyway, not for a log.
	Err error
}

// A Result compares an opinion with a verdict.
type Result string

const (
	Agrees    Result = "agrees"
	Disagrees Result = "disagrees"
	Skipped   Result = "skipped"
)

// On compares the opinion with whether the verifier says that the key signed the
// document.
func (o Opinion) On(signed bool) Result {
	switch {
	case o.Skipped != Asked:
		return Skipped
	case o.Signed == signed:
		return Agrees
	}
	return Disagrees
}

// Check asks whether the key of cert, which must be valid at the time given, signed doc.
// It is pure, safe for concurrent use, and never panics.
func Check(doc []byte, cert *x509.Certificate, at time.Time, limits Limits) (o Opinion) {
	defer func() {
		if p := recover(); p != nil {
			o = Opinion{Skipped: Panicked, Err: fmt.Errorf("goxmldsig panicked: %v", p)}
		}
	}()
	var s survey
	if skipped := s.read(doc, limits.WithDefaults()); skipped != Asked {
		return Opinion{Skipped: skipped}
	}
	tree, err := parse(doc)
	if err != nil {
		return Opinion{Err: err}
	}
	signature := signatureIn(tree)
	if signature == nil {
		return Opinion{Skipped: Placement}
	}
	if skipped := s.judge(tree, signature); skipped != Asked {
		return Opinion{Skipped: skipped}
	}
	prepare(tree, signature)
	return validate(tree, cert, at)
}

func parse(doc []byte) (root *etree.Element, err error) {
	tree := etree.NewDocument()
	if err := tree.ReadFromBytes(doc); err != nil {
		return nil, fmt.Errorf("read with etree: %w", err)
	}
	return tree.Root(), nil
}

// validate asks goxmldsig itself.
func validate(root *etree.Element, cert *x509.Certificate, at time.Time) Opinion {
	ctx := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{cert}})
	ctx.Clock = dsig.NewFakeClockAt(at)
	_, err := ctx.Validate(root)
	if errors.Is(err, etreeutils.ErrTraversalLimit) {
		return Opinion{Skipped: TooLarge, Err: err}
	}
	return Opinion{Signed: err == nil, Err: err}
}
