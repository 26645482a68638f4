package secondopinion

// A Reason says why there is no opinion on a document. The set is closed: it labels
// metrics.
type Reason string

const (
	// Asked: goxmldsig was asked, and answered.
	Asked Reason = ""

	// TooLarge is beyond the limits: it would cost more than an opinion is worth.
	TooLarge Reason = "too_large"

	// Unreadable is not well-formed to our tokenizer. etree takes much that is not.
	Unreadable Reason = "unreadable"

	// Names holds a name of the fifth edition of XML 1.0 (productions 4 and 4a);
	// encoding/xml knows those of the fourth.
	Names Reason = "names"

	// XMLDeclared declares the prefix xml, which is allowed (Namespaces in XML 1.0, 3)
	// but never written by Canonical XML (1.0, 2.3); goxmldsig writes it.
	XMLDeclared Reason = "xml_declared"

	// AttributeOrder has an element with attributes of two prefixes. They go by
	// namespace name, then local name (Canonical XML 1.0, 2.2); goxmldsig takes the
	// local name first, and does not see what ancestors declare.
	AttributeOrder Reason = "attribute_order"

	// AttributeBlanks has an attribute value with a literal tab or line end, which is
	// to become a space (XML 1.0, 3.3.3); encoding/xml keeps it.
	AttributeBlanks Reason = "attribute_blanks"

	// DefaultUndeclared holds xmlns="" under exclusive canonicalisation, in which
	// goxmldsig also writes it where nothing has to be undeclared (Exclusive XML
	// Canonicalization 1.0, 3).
	DefaultUndeclared Reason = "default_undeclared"

	// XMLInherited has xml:* attributes around an inclusively canonicalised SignedInfo,
	// which inherits them (Canonical XML 1.0, 2.4; 1.1, 2.4); goxmldsig forgets them.
	XMLInherited Reason = "xml_inherited"

	// Comments has comments in the root, and a Reference without a canonicalisation, or
	// with one that keeps comments. A same-document reference drops them all the same
	// (XML Signature, 4.4.3.3); goxmldsig keeps them.
	Comments Reason = "comments"

	// Instructions has a processing instruction outside the root, which URI="" covers
	// (XML Signature, 4.4.3.3) and goxmldsig does not see, or one that holds CR, which
	// is a line end (XML 1.0, 2.11) and encoding/xml keeps.
	Instructions Reason = "instructions"

	// PrefixList has one that goxmldsig passes over: that of CanonicalizationMethod, or
	// its token #default (Exclusive XML Canonicalization 1.0, 4).
	PrefixList Reason = "prefix_list"

	// References has other than the one Reference with URI="". goxmldsig verifies one
	// only, and takes what it likes for its target.
	References Reason = "references"

	// Algorithm has a signature algorithm that goxmldsig does not know, or, as ECDSA,
	// reads in another encoding (RFC 9231, 2.3.6).
	Algorithm Reason = "algorithm"

	// Blanks has a blank or a tab in DigestValue, which base64Binary allows (XML Schema
	// Part 2, 3.2.16) and goxmldsig does not.
	Blanks Reason = "blanks"

	// Placement has no Signature, or several, or one that is no child of the root.
	Placement Reason = "placement"

	// Panicked means that goxmldsig did.
	Panicked Reason = "panicked"
)

// Reasons returns every reason for which there can be no opinion.
func Reasons() []Reason {
	return []Reason{
		TooLarge, Unreadable, Names, XMLDeclared, AttributeOrder, AttributeBlanks, DefaultUndeclared, XMLInherited,
		Comments, Instructions, PrefixList, References, Algorithm, Blanks, Placement, Panicked,
	}
}
