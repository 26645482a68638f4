package differential

import (
	"bytes"
	"regexp"
	"strings"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/verifiertest/oracle"
	"turnkey-gateway/verifier/xmltext"
)

// listing holds all of them.
var listing = []Listed{
	{
		Name: "& in a namespace name", Oracle: "libxml2",
		Section: "Canonical XML 1.0, 2.3: a namespace node is written as an attribute node is, with & as &amp;. libxml2 2.9 writes it bare.",
		without: func(_ *oracle.Request, octets []byte) []byte { return bareNamespaces(octets) },
	},
	{
		Name: "long hexadecimal reference", Oracle: "libxml2",
		Section: "XML 1.0, 4.1, production 66: any number of digits. libxml2 2.9 takes no letter for the tenth digit.",
		when:    func(c *Case) bool { return c.said("invalid hexadecimal value") },
		mend:    func(doc []byte) []byte { return zeros.ReplaceAll(doc, []byte("&#x")) },
	},
	{
		Name: "empty xml:base", Oracle: "libxml2",
		Section: "Canonical XML 1.1, 2.4: xml:base is fixed up where an element's parents are left out, and else written as it is. libxml2 2.9 drops an empty one anywhere.",
		without: func(q *oracle.Request, octets []byte) []byte {
			if q.Options.Method != c14n.Inclusive11 {
				return octets
			}
			return bytes.ReplaceAll(octets, []byte(` xml:base=""`), nil)
		},
	},
	{
		Name: "PSS", Oracle: "libxml2",
		Section: "RFC 9231, 2.3.10. xmlsec1 1.2 does not have it.",
		lacks:   func(c *Case) bool { return c.said("xmlSecTransformIdListFindByHref", "-rsa-MGF1") },
	},
	{
		Name: "white space in a PrefixList", Oracle: "libxml2",
		Section: "Exclusive XML Canonicalization 1.0, 4, its schema: PrefixList is NMTOKENS, whose white space collapses (XML Schema Part 2, 4.3.6). xmlsec1 cuts it at each blank, and at no other white space.",
		lacks:   func(c *Case) bool { return c.said("does not hold") && hasOddList(c.Document) },
		laxer:   hasOddList,
	},
	{
		Name: "KeyInfo that can't be read", Oracle: "JDK",
		Section: "XML Signature, 3.2.2: keying information is from KeyInfo or from an external source, here the latter. The JDK reads KeyInfo first, and refuses for it.",
		when:    func(c *Case) bool { return c.said("MarshalException") },
		mend:    func(doc []byte) []byte { return cut(doc, "KeyInfo") },
	},
	{
		Name: "white space in base64's padding", Oracle: "JDK",
		Section: "XML Schema Part 2, 3.2.16: white space may stand between the two = as well. The JDK refuses it.",
		lacks: func(c *Case) bool {
			return c.said("MarshalException", "4-byte ending unit") && parted.Match(c.Document)
		},
	},
	{
		Name: "instructions behind an empty root", Oracle: "JDK",
		Section: "Canonical XML 1.0, 2.3: a document's processing instructions and comments are written in document order. The JDK stops at a root without content.",
		without: func(_ *oracle.Request, octets []byte) []byte { return behindEmpty.ReplaceAll(octets, []byte("$1")) },
	},
	{
		Name: "names of the fifth edition", Oracle: "JDK",
		Section: "XML 1.0 fifth edition, 2.3, productions 4 and 4a. Xerces reads the fourth.",
		when:    func(c *Case) bool { return c.said("SAXParseException") },
		unread:  withFourthNames,
	},
	{
		Name: "other attributes of the prefix xml inherited", Oracle: "JDK",
		Section: "Canonical XML 1.1, 2.4: of the attributes in the XML namespace only xml:lang, xml:space and xml:base are inherited, others are ordinary. The JDK inherits all but xml:id.",
		without: func(q *oracle.Request, octets []byte) []byte {
			return withoutInherited(q, octets, func(name string) bool {
				return q.Options.Method == c14n.Inclusive11 && name != "lang" && name != "space" && name != "base" && name != "id"
			})
		},
	},
	{
		Name: "attributes of the prefix xml from the outermost", Oracle: "JDK",
		Section: "Canonical XML 1.0 and 1.1, 2.4: the nearest occurrence is inherited. The JDK takes the outermost.",
		without: func(q *oracle.Request, octets []byte) []byte {
			return withoutInherited(q, octets, func(name string) bool {
				return q.Options.Method == c14n.Inclusive10 || name == "lang" || name == "space"
			})
		},
	},
}

var (
	parted         = regexp.MustCompile(`=([ \t\r\n]|&#0*(9|10|13|32);|&#x0*(9|[aA]|[dD]|20);)+(=|&#0*61;|&#x0*3[dD];)`)
	zeros          = regexp.MustCompile(`&#x0+`)
	namespaceNodes = regexp.MustCompile(` xmlns(:[^=]*)?="[^"]*"`)
	behindEmpty    = regexp.MustCompile(`(?s)(<[^<?!/][^<]*></[^<>]+>)(\n<(\?.*?\?|!--.*?--)>)+$`)
	apexTag        = regexp.MustCompile(`^<[^ >]+( [^ =]+="[^"]*")*>`)
	xmlAttribute   = regexp.MustCompile(` xml:([^ =]+)="[^"]*"`)
)

// bareNamespaces writes & in namespace names as it is.
func bareNamespaces(octets []byte) []byte {
	return namespaceNodes.ReplaceAllFunc(octets, func(node []byte) []byte {
		return bytes.ReplaceAll(node, []byte("&amp;"), []byte("&"))
	})
}

// withoutInherited leaves out the attributes of the prefix xml that an apex may have
// inherited.
func withoutInherited(q *oracle.Request, octets []byte, which func(name string) bool) []byte {
	if q.Apex == "" || q.Options.Method == c14n.Exclusive {
		return octets
	}
	tag := apexTag.Find(octets)
	bare := xmlAttribute.ReplaceAllFunc(tag, func(a []byte) []byte {
		if which(string(xmlAttribute.FindSubmatch(a)[1])) {
			return nil
		}
		return a
	})
	return append(bare, octets[len(tag):]...)
}

// hasOddList reports whether a PrefixList has other than single blanks between its prefixes.
func hasOddList(doc []byte) bool {
	odd := false
	each(doc, func(t *xmltext.Tokenizer) {
		list := value(t, "PrefixList")
		odd = odd || t.Name.Is(c14n.ExclusiveNamespace, "InclusiveNamespaces") && list != strings.Join(strings.Fields(list), " ")
	})
	return odd
}

// cut returns the document without the elements of that name of XML Signature.
func cut(doc []byte, local string) []byte {
	var out []byte
	from, depth := 0, 0
	var t xmltext.Tokenizer
	t.Reset(doc, xmltext.Limits{})
	for {
		kind, err := t.Next()
		switch {
		case err != nil:
			return doc
		case kind == xmltext.EOF:
			return append(out, doc[from:]...)
		case kind == xmltext.Start && depth == 0 && t.Name.Is(c14n.SignatureNamespace, local):
			out, depth = append(out, doc[from:t.Begin]...), t.Depth()
		case kind == xmltext.End && t.Depth() == depth:
			from, depth = t.Finish, 0
		}
	}
}
