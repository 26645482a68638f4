package c14n

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"turnkey-gateway/verifier/xmltext"
)

// TestDocuments holds what is easy to get wrong in whole documents. Where a pair of
// methods gives the same form, one row stands for both.
func TestDocuments(t *testing.T) {
	exc := Options{Method: Exclusive}
	comments := Options{Comments: true}
	tests := []struct {
		name, doc string
		opts      Options
		want      string
	}{
		{"1 a root inherits nothing and keeps what it has", `<a xml:lang="zh" xmlns:u="urn:u:1"><b/></a>`, Options{},
			`<a xmlns:u="urn:u:1" xml:lang="zh"><b></b></a>`},
		{"2 exclusive leaves out what only content uses", `<a xmlns:p="urn:p:1" xmlns:q="urn:q:1"><q:b t="p:T"/></a>`, exc,
			`<a><q:b xmlns:q="urn:q:1" t="p:T"></q:b></a>`},
		{"2 exclusive with a PrefixList", `<a xmlns:p="urn:p:1" xmlns:q="urn:q:1"><q:b t="p:T" xmlns:p="urn:p:2"/></a>`,
			Options{Method: Exclusive, PrefixList: []string{"p", "none"}},
			`<a xmlns:p="urn:p:1"><q:b xmlns:p="urn:p:2" xmlns:q="urn:q:1" t="p:T"></q:b></a>`},
		{"2 exclusive with #default", `<p:a xmlns="urn:d:1" xmlns:p="urn:p:1"><p:b xmlns="urn:d:2"><p:c xmlns=""/></p:b></p:a>`,
			Options{Method: Exclusive, PrefixList: []string{"#default"}},
			`<p:a xmlns="urn:d:1" xmlns:p="urn:p:1"><p:b xmlns="urn:d:2"><p:c xmlns=""></p:c></p:b></p:a>`},
		{"2 exclusive without #default", `<p:a xmlns="urn:d:1" xmlns:p="urn:p:1"><p:b xmlns="urn:d:2"><c/></p:b></p:a>`, exc,
			`<p:a xmlns:p="urn:p:1"><p:b><c xmlns="urn:d:2"></c></p:b></p:a>`},
		{"2 exclusive renders again beside, not below", `<a xmlns:p="urn:p:1"><p:b><p:c/></p:b><p:d/></a>`, exc,
			`<a><p:b xmlns:p="urn:p:1"><p:c></p:c></p:b><p:d xmlns:p="urn:p:1"></p:d></a>`},
		{"2 exclusive renders an attribute's prefix", `<a xmlns:p="urn:p:1"><b p:c="1" xml:lang="zh"/></a>`, exc,
			`<a><b xmlns:p="urn:p:1" xml:lang="zh" p:c="1"></b></a>`},
		{"3 namespaces by prefix, the default first", `<a xmlns:z="urn:1:z" xmlns:b="urn:9:b" xmlns="urn:5:5" xmlns:ab="urn:0:0"/>`, Options{},
			`<a xmlns="urn:5:5" xmlns:ab="urn:0:0" xmlns:b="urn:9:b" xmlns:z="urn:1:z"></a>`},
		{"3 attributes by namespace, not by prefix", `<e a:attr="out" b:attr="sorted" attr2="all" attr="I'm" xmlns:b="http://www.ietf.org" xmlns:a="http://www.w3.org" xmlns="http://example.org"/>`, Options{},
			`<e xmlns="http://example.org" xmlns:a="http://www.w3.org" xmlns:b="http://www.ietf.org" attr="I'm" attr2="all" b:attr="sorted" a:attr="out"></e>`},
		{"3 attributes by namespace once expanded", `<e xmlns:a="urn:&#122;:1" xmlns:b="urn:y:1" a:x="1" b:x="2"/>`, Options{},
			`<e xmlns:a="urn:z:1" xmlns:b="urn:y:1" b:x="2" a:x="1"></e>`},
		{"3 attributes by code point", "<e \U00020000='3' \uff21='2' b='1' B='0'/>", Options{},
			"<e B=\"0\" b=\"1\" \uff21=\"2\" \U00020000=\"3\"></e>"},
		{"4 xmlns empty counts only below a default", `<a xmlns=""><b xmlns="urn:d:1"><c xmlns=""><d xmlns=""/></c><e xmlns="urn:d:1"/></b></a>`, Options{},
			`<a><b xmlns="urn:d:1"><c xmlns=""><d></d></c><e></e></b></a>`},
		{"4 exclusive xmlns empty", `<p:a xmlns:p="urn:p:1" xmlns="urn:d:1"><b><p:c xmlns=""><d/></p:c></b></p:a>`, exc,
			`<p:a xmlns:p="urn:p:1"><b xmlns="urn:d:1"><p:c><d xmlns=""></d></p:c></b></p:a>`},
		{"4 superfluous declarations go, one back to an outer stays", `<p:a xmlns:p="urn:u:1"><p:b xmlns:p="urn:u:1"><p:c xmlns:p="urn:u:2"><p:d xmlns:p="urn:u:1"/></p:c></p:b></p:a>`, Options{},
			`<p:a xmlns:p="urn:u:1"><p:b><p:c xmlns:p="urn:u:2"><p:d xmlns:p="urn:u:1"></p:d></p:c></p:b></p:a>`},
		{"4 xml's declaration goes", `<a xmlns:xml="http://www.w3.org/XML/1998/namespace"/>`, Options{}, `<a></a>`},
		{"6 line ends", "<a>1\r\n2\r3&#13;4\r\n\r\n<?p 5\r\n6?><![CDATA[7\r\n8\r9]]></a>", Options{},
			"<a>1\n2\n3&#xD;4\n\n<?p 5\n6?>7\n8\n9</a>"},
		{"6 NEL and line separator are data", "<a b='\u0085\u2028'>\u0085\u2028</a>", Options{}, "<a b=\"\u0085\u2028\">\u0085\u2028</a>"},
		{"7 attribute values", "<a b=' 1\t2\n3\r\n4\r5 &#9;&#10;&#13;&#x20;&lt;&amp;&gt;&apos;&quot;> '/>", Options{},
			"<a b=\" 1 2 3 4 5 &#x9;&#xA;&#xD; &lt;&amp;>'&quot;> \"></a>"},
		{"7 quotes", `<a b='"' c="'"/>`, Options{}, `<a b="&quot;" c="'"></a>`},
		{"8 text", `<a>"'&lt;&gt;&amp;>&quot;&apos;&#60;</a>`, Options{}, `<a>"'&lt;&gt;&amp;&gt;"'&lt;</a>`},
		{"8 CDATA becomes text and joins it", `<a>1<![CDATA[<2&3>]]><![CDATA[]]]]><![CDATA[>]]>4</a>`, Options{}, `<a>1&lt;2&amp;3&gt;]]&gt;4</a>`},
		{"9 tags", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a\n  b = '1'\tc='2'\n><d /></a\n>", Options{}, `<a b="1" c="2"><d></d></a>`},
		{"10 comments go and join text", `<!--0--><a>1<!--2-->3</a><!--4-->`, Options{}, `<a>13</a>`},
		{"10 comments stay", "<!--0--><a>1<!--2\r\n-->3</a><!--4-->", comments, "<!--0-->\n<a>1<!--2\n-->3</a>\n<!--4-->"},
		{"11 instructions outside the root", "<?p   q  ?>\n\n<?r?><a/><?s t?>\n", Options{}, "<?p q  ?>\n<?r?>\n<a></a>\n<?s t?>"},
		{"12 white space outside the root goes, inside stays", " \n<a> \n <b> </b>\t</a>\n ", Options{}, "<a> \n <b> </b>\t</a>"},
		{"14 the byte order mark goes, inside it is data", "\ufeff<a>\ufeff</a>", Options{}, "<a>\ufeff</a>"},
		{"14 no normalisation of characters", "<a>e\u0301\u00e9 \uf900</a>", Options{}, "<a>e\u0301\u00e9 \uf900</a>"},
		{"15 references", "<a b='&#x0000041;&#065;'>&#x4E2D;&#x1F600;&#x7f;</a>", Options{}, "<a b=\"AA\">\u4e2d\U0001F600\x7f</a>"},
		{"blanks stay", "<ID>AA  15A1200001 </ID>", Options{}, "<ID>AA  15A1200001 </ID>"},
		{"escaped namespace", "<a xmlns='urn:a:b?c&amp;d'/>", Options{}, `<a xmlns="urn:a:b?c&amp;d"></a>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Canonicalize([]byte(strings.TrimLeft(tt.doc, " \n")), tt.opts)
			if err != nil || string(got) != tt.want {
				t.Errorf("canonical form of %q:\n%q, %v, want\n%q", tt.doc, got, err, tt.want)
			}
			if tt.opts.Method != Inclusive10 {
				return
			}
			tt.opts.Method = Inclusive11
			if of11, err := Canonicalize([]byte(strings.TrimLeft(tt.doc, " \n")), tt.opts); err != nil || string(of11) != tt.want {
				t.Errorf("of whole documents 1.1 is as 1.0: %q, %v", of11, err)
			}
		})
	}
}

// TestNoCanonicalForm: an error is the only answer where there is none (pitfalls 5, 8,
// 13, 14, 15 and 18; attack 10).
func TestNoCanonicalForm(t *testing.T) {
	tests := []struct {
		name, doc string
		want      xmltext.Fault
	}{
		{"5 relative namespace name", `<a xmlns:b="1"/>`, xmltext.RelativeNamespace},
		{"5 relative namespace name deep inside", `<a><b xmlns="rel/uri"/></a>`, xmltext.RelativeNamespace},
		{"8 CDATA end in text", `<a>]]></a>`, xmltext.Malformed},
		{"13 document type", `<!DOCTYPE a><a/>`, xmltext.Forbidden},
		{"14 Big5", "<?xml version='1.0' encoding='Big5'?><a>\xb3\x5c</a>", xmltext.Forbidden},
		{"15 reference to a surrogate", `<a>&#xD800;</a>`, xmltext.Malformed},
		{"18 attribute twice by namespace", `<a xmlns:p="urn:x:1" xmlns:q="urn:x:1" p:b="" q:b=""/>`, xmltext.Malformed},
		{"empty", "", xmltext.Malformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, m := range []Method{Inclusive10, Inclusive11, Exclusive} {
				got, err := Canonicalize([]byte(tt.doc), Options{Method: m})
				var fault *xmltext.Error
				if !errors.As(err, &fault) || fault.Fault != tt.want || got != nil {
					t.Errorf("%v: %q, %v, want fault %d", m, got, err, tt.want)
				}
			}
		})
	}
}

// TestTypes: a form that is to hold what the types of elements depend on fails where it
// does not (pitfall 2).
func TestTypes(t *testing.T) {
	const xsi = ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`
	exc := func(prefixes ...string) Options { return Options{Method: Exclusive, PrefixList: prefixes, Types: true} }
	tests := []struct {
		name, doc string
		opts      Options
		fails     bool
	}{
		{"2 a prefix that only the type uses", `<a xmlns:p="urn:p:1"` + xsi + `><b xsi:type="p:T"></b></a>`, exc(), true},
		{"2 with blanks", `<a xmlns:p="urn:p:1"` + xsi + `><b xsi:type=" &#10;p:T"></b></a>`, exc(), true},
		{"2 a prefix of xsi's own making", `<a xmlns:p="urn:p:1" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><b><c i:type="p:T"></c></b></a>`, exc(), true},
		{"2 listed", `<a xmlns:p="urn:p:1"` + xsi + `><b xsi:type="p:T"></b></a>`, exc("p"), false},
		{"2 used by the element", `<a xmlns:p="urn:p:1"` + xsi + `><p:b xsi:type="p:T"></p:b></a>`, exc(), false},
		{"2 used around", `<p:a xmlns:p="urn:p:1"` + xsi + `><b xsi:type="p:T"></b></p:a>`, exc(), false},
		{"2 used around and bound anew", `<p:a xmlns:p="urn:p:1"` + xsi + `><b xmlns:p="urn:p:2" xsi:type="p:T"></b></p:a>`, exc(), true},
		{"2 the default namespace", `<p:a xmlns:p="urn:p:1" xmlns="urn:d:1"` + xsi + `><p:b xsi:type="T"></p:b></p:a>`, exc(), true},
		{"2 the default namespace, used", `<a xmlns="urn:d:1"` + xsi + `><b xsi:type="T"></b></a>`, exc(), false},
		{"2 no namespace", `<a` + xsi + `><b xsi:type="T"></b></a>`, exc(), false},
		{"2 the prefix xml", `<a` + xsi + `><b xsi:type="xml:T"></b></a>`, exc(), false},
		{"2 a prefix that is not declared", `<a` + xsi + `><b xsi:type="p:T"></b></a>`, exc(), false},
		{"2 another attribute", `<a xmlns:p="urn:p:1"` + xsi + `><b type="p:T" xsi:nil="p:T"></b></a>`, exc(), false},
		{"2 inclusive", `<a xmlns:p="urn:p:1"` + xsi + `><b xsi:type="p:T"></b></a>`, Options{Types: true}, false},
		{"2 not asked for", `<a xmlns:p="urn:p:1"` + xsi + `><b xsi:type="p:T"></b></a>`, Options{Method: Exclusive}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Canonicalize([]byte(tt.doc), tt.opts); (err != nil) != tt.fails {
				t.Errorf("%s: %v", tt.doc, err)
			}
		})
	}
}

// element canonicalises the first element with a local name, as an apex.
func element(doc, local string, opts Options) (string, error) {
	var t xmltext.Tokenizer
	for t.Reset([]byte(doc), xmltext.Limits{}); ; {
		kind, err := t.Next()
		if err != nil {
			return "", err
		}
		switch {
		case kind == xmltext.EOF:
			return "", fmt.Errorf("there is no %s", local)
		case kind == xmltext.Start && string(t.Name.Local) == local:
			var mark xmltext.Mark
			t.Mark(&mark)
			var out bytes.Buffer
			err := WriteElement(&out, []byte(doc), &mark, opts, xmltext.Limits{})
			return out.String(), err
		}
	}
}

// TestElements holds what an element gets from those around it, which are not written
// (pitfalls 1, 2 and 4).
func TestElements(t *testing.T) {
	const around = `<a xmlns="urn:d:1" xmlns:p="urn:p:1" xmlns:u="urn:u:1" xml:lang="zh" xml:space="preserve" xml:id="i" xml:base="http://h.example/x/y" xml:other="o">` +
		`<p:b xmlns:p="urn:p:2" xml:lang="en"><c xml:base="z/" k="1"><p:d/></c></p:b></a>`
	exc := func(prefixes ...string) Options { return Options{Method: Exclusive, PrefixList: prefixes} }
	tests := []struct {
		name, doc string
		opts      Options
		want      string
	}{
		{"1 inclusive 1.0 takes all namespaces and xml attributes, the nearest", around, Options{Method: Inclusive10},
			`<c xmlns="urn:d:1" xmlns:p="urn:p:2" xmlns:u="urn:u:1" k="1" xml:base="z/" xml:id="i" xml:lang="en" xml:other="o" xml:space="preserve"><p:d></p:d></c>`},
		{"1 inclusive 1.1 takes lang and space, joins base, leaves id", around, Options{Method: Inclusive11},
			`<c xmlns="urn:d:1" xmlns:p="urn:p:2" xmlns:u="urn:u:1" k="1" xml:base="http://h.example/x/z/" xml:lang="en" xml:space="preserve"><p:d></p:d></c>`},
		{"1 inclusive 1.1 joins one base with nothing", `<a xml:base="x/./y//z#f"><c/></a>`, Options{Method: Inclusive11}, `<c xml:base="x/./y//z#f"></c>`},
		{"1 exclusive takes what it uses", around, exc(),
			`<c xmlns="urn:d:1" k="1" xml:base="z/"><p:d xmlns:p="urn:p:2"></p:d></c>`},
		{"2 exclusive takes what is listed", around, exc("u", "p"),
			`<c xmlns="urn:d:1" xmlns:p="urn:p:2" xmlns:u="urn:u:1" k="1" xml:base="z/"><p:d></p:d></c>`},
		{"2 #default of an element that does not use it", `<a xmlns="urn:d:1" xmlns:p="urn:p:1"><p:c/></a>`, exc("#default"),
			`<p:c xmlns="urn:d:1" xmlns:p="urn:p:1"></p:c>`},
		{"4 xmlns empty goes on an apex", `<a xmlns="urn:d:1"><c xmlns=""><d/></c></a>`, Options{}, `<c><d></d></c>`},
		{"4 exclusive, too", `<a xmlns="urn:d:1"><c xmlns=""><d/></c></a>`, exc(), `<c><d></d></c>`},
		{"a redeclared prefix is taken once", `<a xmlns:p="urn:p:1"><b xmlns:p="urn:p:1"><c xmlns:p="urn:p:1"/></b></a>`, Options{}, `<c xmlns:p="urn:p:1"></c>`},
		{"its own xml attribute goes before an inherited one", `<a xml:lang="zh"><c xml:lang=""/></a>`, Options{}, `<c xml:lang=""></c>`},
		{"what stands beside it is not inherited", `<a><b xml:lang="zh" xmlns:p="urn:p:1"/><c/></a>`, Options{}, `<c></c>`},
		{"an inherited value is escaped anew", "<a xml:lang='&quot;&#10;\n'><c/></a>", Options{}, `<c xml:lang="&quot;&#xA; "></c>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := element(tt.doc, "c", tt.opts)
			if err != nil || got != tt.want {
				t.Errorf("canonical form:\n%s, %v, want\n%s", got, err, tt.want)
			}
		})
	}
}

// TestJoinBase takes the examples of Canonical XML 1.1, 2.4, and of RFC 3986, 5.4.
func TestJoinBase(t *testing.T) {
	tests := []struct{ base, ref, want string }{
		{"http://a/b/c/d;p?q", "g", "http://a/b/c/g"},
		{"http://a/b/c/d;p?q", "g:h", "g:h"},
		{"http://a/b/c/d;p?q", "./g/", "http://a/b/c/g/"},
		{"http://a/b/c/d;p?q", "/g", "http://a/g"},
		{"http://a/b/c/d;p?q", "//g", "http://g"},
		{"http://a/b/c/d;p?q", "?y", "http://a/b/c/d;p?y"},
		{"http://a/b/c/d;p?q", "g?y", "http://a/b/c/g?y"},
		{"http://a/b/c/d;p?q", "", "http://a/b/c/d;p?q"},
		{"http://a/b/c/d;p?q", "..", "http://a/b/"},
		{"http://a/b/c/d;p?q", "../../g", "http://a/g"},
		{"http://a/b/c/d;p?q", "../../../../g", "http://a/g"},
		{"http://a", "b", "http://a/b"},
		{"..", "a/", "../a/"},
		{"../", "..", "../../"},
		{"..", "..", "../../"},
		{"a/b", "c#d", "a/c"},
		{"", "x/y", "x/y"},
	}
	for _, tt := range tests {
		if got := joinBase(tt.base, tt.ref); got != tt.want {
			t.Errorf("joinBase(%q, %q) = %q, want %q", tt.base, tt.ref, got, tt.want)
		}
	}
}

const dsig = ` xmlns="http://www.w3.org/2000/09/xmldsig#"`

// TestUnsigned leaves the Signature out by its place, and what is around it in (pitfalls
// 12 and 16).
func TestUnsigned(t *testing.T) {
	tests := []struct{ name, doc, want string }{
		{"12 both neighbouring texts stay", "<a> <Signature" + dsig + "><b/>1</Signature> \n</a>", "<a>  \n</a>"},
		{"16 any prefix", `<a><s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"/></a>`, "<a></a>"},
		{"16 another namespace", `<a><Signature xmlns="urn:d:1"/></a>`, `<a><Signature xmlns="urn:d:1"></Signature></a>`},
		{"16 none", `<a/>`, `<a></a>`},
		{"16 after it", "<a><Signature" + dsig + `/><b xmlns="http://www.w3.org/2000/09/xmldsig#"/></a>`, "<a><b" + dsig + "></b></a>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := CanonicalizeUnsigned([]byte(tt.doc), Options{})
			if err != nil || string(got) != tt.want {
				t.Errorf("%s: %s, %v, want %s", tt.doc, got, err, tt.want)
			}
		})
	}
	if _, err := CanonicalizeUnsigned([]byte("<a><Signature"+dsig+"/><Signature"+dsig+"/></a>"), Options{}); !errors.Is(err, ErrTwoSignatures) {
		t.Errorf("two Signatures: %v", err)
	}
}

func TestMethods(t *testing.T) {
	for _, m := range []Method{Inclusive10, Inclusive11, Exclusive} {
		if got, ok := Named(m.String()); !ok || got != m {
			t.Errorf("Named(%s) = %v, %v", m, got, ok)
		}
		for _, comments := range []bool{false, true} {
			if got, with, ok := Identified(m.URI(comments)); !ok || got != m || with != comments {
				t.Errorf("Identified(%s) = %v, %v, %v", m.URI(comments), got, with, ok)
			}
		}
	}
	if _, _, ok := Identified("http://www.w3.org/2001/10/xml-exc-c14n"); ok {
		t.Error("a method without its # is known")
	}
	if _, ok := Named("c14n"); ok {
		t.Error("c14n is a method")
	}
}
