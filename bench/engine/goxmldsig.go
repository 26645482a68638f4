package main

import (
	"crypto/x509"
	"runtime/debug"
	"time"

	"github.com/beevik/etree"
	"github.com/jonboulle/clockwork"
	dsig "github.com/russellhaering/goxmldsig"

	"turnkey-gateway/bench/declaration"
)

// goxmldsig is asked in this process. It reads no more than 1,000 elements before the
// Signature: of longer documents it is given those with the Signature moved to the front.
type goxmldsig struct{ clock *dsig.Clock }

func newGoxmldsig(now time.Time) *goxmldsig {
	return &goxmldsig{clock: dsig.NewFakeClock(clockwork.NewFakeClockAt(now))}
}

func (g *goxmldsig) name() string { return "goxmldsig" }
func (g *goxmldsig) close() error { return nil }

func (g *goxmldsig) version() string {
	const module = "github.com/russellhaering/goxmldsig"
	build, _ := debug.ReadBuildInfo()
	if build != nil {
		for _, m := range build.Deps {
			if m.Path == module {
				return m.Version
			}
		}
	}
	return "of an unknown version"
}

// tooLong is what goxmldsig takes several seconds for.
const tooLong = 4 << 20

func (g *goxmldsig) skips(d *document) string {
	if d.size > tooLong {
		return "several seconds each"
	}
	return ""
}

func (g *goxmldsig) verifies(d *document, f *forgery) (bool, error) {
	signed, early := d.signed, d.early
	if f != nil {
		signed, early = f.signed, f.early
	}
	if d.elements() > declaration.MostElements {
		signed = early
	}
	return g.accepts(signed, d.holder.certificate.X509()), nil
}

func (g *goxmldsig) accepts(signed []byte, certificate *x509.Certificate) bool {
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(signed); err != nil {
		return false
	}
	ctx := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{certificate}})
	ctx.Clock = g.clock
	_, err := ctx.Validate(doc.Root())
	return err == nil
}

func (g *goxmldsig) run(d *document) func(int) (time.Duration, error) {
	signed := d.signed
	if d.elements() > declaration.MostElements {
		signed = d.early
	}
	return within(func() error {
		if !g.accepts(signed, d.holder.certificate.X509()) {
			return errRefused
		}
		return nil
	})
}
