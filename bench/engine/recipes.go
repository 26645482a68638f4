package main

import (
	"fmt"
	"strings"

	"turnkey-gateway/verifier/signer"
)

// longName is a namespace name as long as the limits allow.
var longName = "urn:x:" + strings.Repeat("y", 1_000)

// recipes are the shapes that cost some canonicaliser the square of their size, or a
// lot for each byte.
var recipes = []recipe{
	{name: "20,000 leaves at depth 900", n: 20_000, make: func(n int) string {
		return nested(1, n, func(int) string { return "b" })
	}},
	{name: "chains of 900 elements", n: 200, make: func(n int) string {
		return nested(n, 1, func(int) string { return "b" })
	}},
	{name: "20,000 children of 900 namespaces", n: 20_000, make: func(n int) string { return children(900, n) }},
	{name: "20,000 children of 900 namespaces, exclusive", n: 20_000, method: signer.Exclusive, make: func(n int) string { return children(900, n) }},
	{name: "20,000 children of 2,000 namespaces", n: 20_000, make: func(n int) string { return children(2_000, n) }},
	{name: "a namespace declared at each of 900 levels", n: 50, make: func(n int) string {
		return nested(n, 1, func(level int) string { return fmt.Sprintf(`p%[1]d:b xmlns:p%[1]d="urn:x:%[1]d"`, level) })
	}},
	{name: "a prefix rebound at each of 900 levels", n: 50, make: func(n int) string {
		return nested(n, 1, func(level int) string { return fmt.Sprintf(`p:b xmlns:p="urn:x:%d"`, level%2) })
	}},
	{name: "xml:lang at each of 900 levels", n: 50, make: func(n int) string {
		return nested(n, 1, func(int) string { return `b xml:lang="zh"` })
	}},
	{name: "siblings redeclare a long namespace, exclusive", n: 2_000, method: signer.Exclusive,
		make: repeated(`<p:b xmlns:p="` + longName + `"/>`)},
	{name: "siblings use a long namespace of the root, exclusive", n: 20_000, method: signer.Exclusive, make: func(n int) string {
		return `<a xmlns:p="` + longName + `">` + strings.Repeat("<p:b/>", n) + "</a>"
	}},
	{name: "1,000 attributes in each of 100 tags, last first", n: 100, make: func(n int) string {
		var tag strings.Builder
		for i := range 1_000 {
			fmt.Fprintf(&tag, ` c%03d=""`, 999-i)
		}
		return "<a>" + strings.Repeat("<b"+tag.String()+"/>", n) + "</a>"
	}},
	{name: "400 attributes of one name in each of 100 tags", n: 100, make: func(n int) string {
		return "<a" + numbered(` xmlns:p%[1]d="urn:x:%[1]d"`, 400) + ">" + strings.Repeat("<b"+numbered(` p%d:c=""`, 400)+"/>", n) + "</a>"
	}},
	{name: "100,000 siblings", n: 100_000, make: repeated(`<b c="%d">1</b>`)},
	{name: "350,000 empty elements", n: 350_000, make: repeated("<b/>")},
	{name: "names of 1,000 bytes", n: 1_000, make: repeated("<" + strings.Repeat("b", 1_000) + "/>")},
	{name: "10 MB of text", n: 10 << 20, make: repeated("x")},
	{name: "all references", n: 400_000, make: repeated("&amp;")},
	{name: "all references, numeric", n: 200_000, make: repeated("&#x0000041;")},
	{name: "all references, to CR", n: 400_000, make: repeated("&#13;")},
	{name: "all >", n: 1 << 20, make: repeated(">")},
	{name: "all line ends of CR LF", n: 1 << 20, make: repeated("\r\n")},
	{name: "CDATA of one byte each", n: 100_000, make: repeated("<![CDATA[x]]>")},
	{name: "brackets in CDATA", n: 1 << 20, make: func(n int) string { return "<a><![CDATA[" + strings.Repeat("]", n) + "]]></a>" }},
	{name: "comments without text", n: 200_000, make: repeated("<!---->")},
	{name: "comments within text", n: 200_000, make: repeated("x<!---->")},
	{name: "a comment of hyphens", n: 1 << 19, make: func(n int) string { return "<a><!--" + strings.Repeat("- ", n) + "--></a>" }},
	{name: "instructions", n: 200_000, make: repeated("<?b?>")},
	{name: "attribute values of line ends", n: 32, make: repeated(`<b c="` + strings.Repeat("\n", 60_000) + `"/>`)},
	{name: "attribute values of references", n: 32, make: repeated(`<b c="` + strings.Repeat("&#10;", 12_000) + `"/>`)},
	{name: "blanks within tags", n: 64, make: repeated("<b" + strings.Repeat(" ", 16_000) + "></b" + strings.Repeat(" ", 16_000) + ">")},
	{name: "100,000 levels", n: 100_000, make: func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }},
	{name: "20,000 Signature elements", n: 20_000, make: repeated(`<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>`)},
	{name: "5,000 References", n: 5_000, make: repeated("x"), edit: again("<Reference ", "</Reference>")},
	{name: "1,000 Transforms", n: 1_000, make: repeated("x"), edit: again("<Transform ", "</Transform>")},
	{name: "10,000 X509Certificates", n: 10_000, make: repeated("x"), edit: again("<X509Certificate>", "</X509Certificate>")},
	{name: "a SignatureValue of 10 MB", n: 10 << 20, make: repeated("x"), edit: func(signed string, n int) string {
		return strings.Replace(signed, "<SignatureValue>", "<SignatureValue>"+strings.Repeat("A", n), 1)
	}},
	{name: "a PrefixList of 64 over 900 namespaces", n: 20_000, method: signer.Exclusive, make: func(n int) string { return children(900, n) },
		edit: func(signed string, _ int) string {
			return strings.Replace(signed, `c14n#"></Transform></Transforms>`, `c14n#"><InclusiveNamespaces xmlns="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="`+
				numbered("p%d ", 64)+`"/></Transform></Transforms>`, 1)
		}},
	{name: "a comment that hints at other algorithms", n: 20_000, make: repeated(`<b c="%d">1</b>`), edit: func(signed string, _ int) string {
		return signed + `<!-- http://www.w3.org/2001/10/xml-exc-c14n# xmlenc#sha512" -->`
	}},
}

// again repeats the first element of that name in the Signature.
func again(begin, end string) func(signed string, n int) string {
	return func(signed string, n int) string {
		from := strings.Index(signed, begin)
		to := from + strings.Index(signed[from:], end) + len(end)
		return signed[:from] + strings.Repeat(signed[from:to], n) + signed[to:]
	}
}
