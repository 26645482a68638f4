package verifier

import (
	"fmt"
	"time"
)

// A Profile says which signatures are acceptable. What the real platform accepts (電子憑證作業
// V201) is not public, so it is configuration, and "cpt" is an assumption.
//
// All profiles demand: exactly one Signature in the document, enveloped; one Reference
// that covers the whole document but that Signature; SignedInfo without comments,
// instructions, CDATA or unknown elements; Canonical XML 1.0, 1.1 or exclusive; absolute
// namespace names; RSA keys of 2048 to 4096 bits. The zero Profile adds nothing to that:
// it is "cpt" without its name.
type Profile struct {
	// Name is for people: "cpt", "interop".
	Name string

	// LegacySHA1Until lets SHA-1 pass, as digest and in RSA PKCS#1 v1.5, in documents
	// received before it; zero means never.
	LegacySHA1Until time.Time

	// SHA1 lets SHA-1 pass whenever.
	SHA1 bool

	// AnyComment lets a comment touch character data, which a reader that drops the
	// comment without joining the text would then truncate.
	AnyComment bool

	// WithComments lets the methods with comments pass. The Reference is to the same
	// document, whose comments they leave out all the same (XML Signature, 4.4.3.3).
	WithComments bool

	// AnyPlace lets the Signature stand anywhere in the root; else it is a child of it.
	AnyPlace bool

	// References is how many a SignedInfo may hold, all of which must hold; 0 means 1.
	// More than one implies ByID.
	References int

	// ByID lets a Reference be to an Id that is unique in the document. One to the root
	// covers the document if no instruction stands outside the root.
	ByID bool

	// Objects lets the Signature hold Object elements, and KeyInfo what XML Signature
	// does not know. They are outside what covers the document; only a Reference of
	// their own signs them.
	Objects bool

	// PSS lets RSASSA-PSS pass, by the identifiers without parameters (RFC 9231, 2.3.10).
	PSS bool

	// ECDSA lets keys on P-256, P-384 and P-521 pass, with values r||s (RFC 9231, 2.3.6).
	ECDSA bool
}

// maxReferences bounds Profile.References: each costs a pass over the document.
const maxReferences = 16

// ProfileNamed returns the profile "cpt" or "interop".
func ProfileNamed(name string) (Profile, error) {
	switch name {
	case "cpt":
		return Profile{Name: name}, nil
	case "interop":
		return Profile{
			Name: name, SHA1: true, AnyComment: true, WithComments: true, AnyPlace: true,
			References: maxReferences, ByID: true, Objects: true, PSS: true, ECDSA: true,
		}, nil
	}
	return Profile{}, fmt.Errorf("signature profile %q is unknown: use cpt or interop", name)
}

func (p Profile) references() int { return max(p.References, 1) }

// allowsSHA1 reports whether SHA-1 passes in a document received then.
func (p Profile) allowsSHA1(received time.Time) bool {
	return p.SHA1 || received.Before(p.LegacySHA1Until)
}
