package xmltext

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// read reads a whole document and writes its tokens down.
func read(doc string, limits Limits) (tokens []string, err error) {
	var t Tokenizer
	t.Reset([]byte(doc), limits)
	for {
		kind, err := t.Next()
		if err != nil || kind == EOF {
			return tokens, err
		}
		tokens = append(tokens, describe(&t))
	}
}

func describe(t *Tokenizer) string {
	switch t.Kind {
	case Start:
		var b strings.Builder
		fmt.Fprintf(&b, "<{%s}%s", t.Name.Namespace, t.Name.Local)
		for _, d := range t.Declarations {
			fmt.Fprintf(&b, " %s:=%s", d.Prefix, d.Namespace)
		}
		for i := range t.Attrs {
			fmt.Fprintf(&b, " {%s}%s=%q", t.Attrs[i].Name.Namespace, t.Attrs[i].Name.Local, t.Attrs[i].Value())
		}
		return b.String()
	case End:
		return "/" + string(t.QName)
	case Text:
		return fmt.Sprintf("%q", AppendText(nil, t.Data))
	case CDATA:
		return fmt.Sprintf("cdata %q", t.Data)
	case Comment:
		return fmt.Sprintf("comment %q", t.Data)
	}
	return fmt.Sprintf("instruction %s %q", t.QName, t.Data)
}

func TestTokens(t *testing.T) {
	tests := []struct {
		name, doc string
		want      []string
	}{
		{"empty element", `<a/>`, []string{"<{}a", "/a"}},
		{"byte order mark and declaration", "\ufeff<?xml version='1.0' encoding=\"uTf-8\" standalone='no' ?>\n<a></a >\n", []string{"<{}a", "/a"}},
		{"what is outside the root", "<?p  q ?><!--c--><a/><!--d-->\n<?r?>",
			[]string{`instruction p "q "`, `comment "c"`, "<{}a", "/a", `comment "d"`, `instruction r ""`}},
		{"namespaces", `<p:a xmlns:p="urn:p:1" xmlns="urn:d:1"><b p:x="1" x="2"/><p:c xmlns:p="urn:p:2" xmlns=""><d/></p:c><p:e/></p:a>`,
			[]string{"<{urn:p:1}a :=urn:d:1 p:=urn:p:1", `<{urn:d:1}b {}x="2" {urn:p:1}x="1"`, "/b",
				"<{urn:p:2}c := p:=urn:p:2", "<{}d", "/d", "/p:c", "<{urn:p:1}e", "/p:e", "/p:a"}},
		{"prefixes that begin alike", `<ab><ab:c xmlns:ab="urn:p:1"/></ab>`, []string{"<{}ab", "<{urn:p:1}c ab:=urn:p:1", "/ab:c", "/ab"}},
		{"the prefix xml needs no declaration and may have one", `<a xml:lang="zh" xmlns:xml="http://www.w3.org/XML/1998/namespace"/>`,
			[]string{`<{}a xml:=http://www.w3.org/XML/1998/namespace {http://www.w3.org/XML/1998/namespace}lang="zh"`, "/a"}},
		{"references", "<a b='&lt;&#x41;&#10;&quot;\t>'>&amp;&#x4e2d;&#0000065;]]&gt;</a>", []string{`<{}a {}b="<A\n\" >"`, `"&中A]]>"`, "/a"}},
		{"line ends", "<a b='1\r\n2\r3'>\r\n \r \n</a>", []string{`<{}a {}b="1 2 3"`, `"\n \n \n"`, "/a"}},
		{"NEL and line separator are no line ends", "<a>\u0085\u2028</a>", []string{"<{}a", `"\u0085\u2028"`, "/a"}},
		{"CDATA", "<a>1<![CDATA[<&]]]]>2</a>", []string{"<{}a", `"1"`, `cdata "<&]]"`, `"2"`, "/a"}},
		{"names of the fifth edition", "<報單 專\u00b7責='1'/>", []string{"<{}報單 {}專·責=\"1\"", "/報單"}},
		{"instruction inside", "<a><?b c??></a>", []string{"<{}a", `instruction b "c?"`, "/a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := read(tt.doc, Limits{})
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("read %q:\n %q, %v, want\n %q", tt.doc, got, err, tt.want)
			}
		})
	}
}

// TestRefused holds what no reader may take for another document: attacks 20 to 25 and 28.
func TestRefused(t *testing.T) {
	tests := []struct {
		name, doc string
		want      Fault
	}{
		{"20 document type", "<!DOCTYPE a><a/>", Forbidden},
		{"20 empty document type", "<!DOCTYPE><a/>", Forbidden},
		{"20 internal subset", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", Forbidden},
		{"20 parameter entity", "<!DOCTYPE a [<!ENTITY % b SYSTEM 'file:///c'>%b;]><a/>", Forbidden},
		{"20 external subset", "<!DOCTYPE a SYSTEM 'x'><!--'><a/>-->", Forbidden},
		{"20 defaulted attributes", "<!DOCTYPE a [<!ATTLIST a b CDATA 'c'>]><a/>", Forbidden},
		{"20 document type inside the root", "<a><!DOCTYPE a></a>", Forbidden},
		{"20 document type behind the root", "<a/><!DOCTYPE a>", Forbidden},
		{"20 lower case", "<!doctype a><a/>", Malformed},
		{"20 undefined entity", "<a>&b;</a>", Malformed},
		{"20 undefined entity in a value", "<a b='&b;'/>", Malformed},

		{"21 declared Big5", "<?xml version='1.0' encoding='Big5'?><a/>", Forbidden},
		{"21 declared UTF-16", "<?xml version='1.0' encoding='UTF-16'?><a/>", Forbidden},
		{"21 declared UTF-7", "<?xml version='1.0' encoding='UTF-7'?><a/>", Forbidden},
		{"21 declared IBM037", "<?xml version='1.0' encoding='IBM037'?><a/>", Forbidden},
		{"21 declared ISO-8859-1", "<?xml version='1.0' encoding='ISO-8859-1'?><a/>", Forbidden},
		{"21 UTF-16 little-endian with mark", "\xff\xfe<\x00a\x00/\x00>\x00", Forbidden},
		{"21 UTF-16 big-endian with mark", "\xfe\xff\x00<\x00a\x00/\x00>", Forbidden},
		{"21 UTF-16 without mark", "<\x00a\x00/\x00>\x00", Forbidden},
		{"21 UTF-16 big-endian without mark", "\x00<\x00a\x00/\x00>", Forbidden},
		{"21 UTF-32", "\x00\x00\xfe\xff\x00\x00\x00<", Forbidden},
		{"21 EBCDIC", "\x4c\x6f\xa7\x94", Forbidden},
		{"21 UTF-7", "+ADw-a/+AD4-", Forbidden},
		{"21 XML 1.1", "<?xml version='1.1'?><a/>", Forbidden},
		{"21 encoding twice", "<?xml version='1.0' encoding='UTF-8' encoding='UTF-8'?><a/>", Malformed},
		{"21 encoding before version", "<?xml encoding='UTF-8' version='1.0'?><a/>", Malformed},
		{"21 mark inside", "<a/>\ufeff", Malformed},
		{"21 two marks", "\ufeff\ufeff<a/>", Malformed},
		{"21 Big5 bytes", "<a>\xb3\x5c\xa5\x5c</a>", Malformed},

		{"22 NUL", "<a>\x00</a>", Malformed},
		{"22 control in text", "<a>\x01</a>", Malformed},
		{"22 control in a value", "<a b='\x0b'/>", Malformed},
		{"22 control in a comment", "<a><!--\x02--></a>", Malformed},
		{"22 control in CDATA", "<a><![CDATA[\x1f]]></a>", Malformed},
		{"22 control in an instruction", "<a><?b \x08?></a>", Malformed},
		{"22 control in a tag", "<a\x01/>", Malformed},
		{"22 U+FFFE", "<a>\ufffe</a>", Malformed},
		{"22 U+FFFF in a comment", "<a><!--\uffff--></a>", Malformed},
		{"22 reference to NUL", "<a>&#0;</a>", Malformed},
		{"22 reference to a control", "<a>&#x1;</a>", Malformed},
		{"22 reference to a surrogate", "<a>&#xD800;</a>", Malformed},
		{"22 reference beyond Unicode", "<a>&#x110000;</a>", Malformed},
		{"22 reference that overflows", "<a>&#99999999999999999999;</a>", Malformed},
		{"22 reference that wraps round to A", "<a>&#4294967361;</a>", Malformed},
		{"22 reference with upper-case X", "<a>&#X41;</a>", Malformed},
		{"22 reference without digits", "<a>&#;</a>", Malformed},
		{"22 hexadecimal reference without digits", "<a>&#x;</a>", Malformed},
		{"22 reference unended", "<a>&#65</a>", Malformed},
		{"22 bare ampersand", "<a>b & c</a>", Malformed},
		{"22 overlong", "<a>\xc0\xaf</a>", Malformed},
		{"22 overlong of three bytes", "<a>\xe0\x80\xaf</a>", Malformed},
		{"22 surrogate in UTF-8", "<a>\xed\xa0\xbd\xed\xb8\x80</a>", Malformed},
		{"22 five bytes", "<a>\xf8\x88\x80\x80\x80</a>", Malformed},
		{"22 beyond Unicode", "<a>\xf4\x90\x80\x80</a>", Malformed},
		{"22 character cut at the end", "<a>\xe4\xb8", Malformed},
		{"22 character cut in a name", "<\xe4\xb8></a>", Malformed},
		{"22 lone continuation", "<a>\x80</a>", Malformed},

		{"24 attribute twice", "<a b='1' b='1'/>", Malformed},
		{"24 attribute twice by namespace", "<a xmlns:p='urn:x:y' xmlns:q='urn:x:y' p:b='1' q:b='2'/>", Malformed},
		{"24 attribute twice by namespace once expanded", "<a xmlns:p='urn:x:y' xmlns:q='urn:x&#58;y' p:b='1' q:b='2'/>", Malformed},
		{"24 declaration twice", "<a xmlns='urn:x:y' xmlns='urn:x:y'/>", Malformed},
		{"24 prefix declared twice", "<a xmlns:p='urn:x:y' xmlns:p='urn:x:z'/>", Malformed},
		{"24 no space between attributes", "<a b='1'c='2'/>", Malformed},
		{"24 no value", "<a b/>", Malformed},
		{"24 no quotes", "<a b=1/>", Malformed},
		{"24 < in a value", "<a b='<'/>", Malformed},
		{"24 CDATA end in text", "<a>]]></a>", Malformed},
		{"24 -- in a comment", "<a><!-- -- --></a>", Malformed},
		{"24 comment ended by --->", "<a><!-- ---></a>", Malformed},
		{"24 comment unended", "<a><!-- </a>", Malformed},
		{"24 CDATA outside the root", "<![CDATA[]]><a/>", Malformed},
		{"24 CDATA unended", "<a><![CDATA[ </a>", Malformed},
		{"24 tags crossed", "<a><b></a></b>", Malformed},
		{"24 end tag in other case", "<a></A>", Malformed},
		{"24 end tag of a longer name", "<a></ab>", Malformed},
		{"24 end tag of a shorter name", "<ab></a>", Malformed},
		{"24 end tag alone", "</a>", Malformed},
		{"24 attributes in an end tag", "<a></a b='1'>", Malformed},
		{"24 space before a name", "< a/>", Malformed},
		{"24 space in an empty tag", "<a/ >", Malformed},
		{"24 prefix undeclared", "<p:a/>", Malformed},
		{"24 prefix of an attribute undeclared", "<a p:b='1'/>", Malformed},
		{"24 prefix declared elsewhere only", "<a><b xmlns:p='urn:x:y'/><p:c/></a>", Malformed},
		{"24 prefix undeclared by xmlns:p", "<p:a xmlns:p='urn:x:y'><b xmlns:p=''/></p:a>", Malformed},
		{"24 xml bound elsewhere", "<a xmlns:xml='urn:x:y'/>", Malformed},
		{"24 xml's namespace for another prefix", "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", Malformed},
		{"24 xml's namespace as default", "<a xmlns='http://www.w3.org/XML/1998/namespace'/>", Malformed},
		{"24 xmlns declared", "<a xmlns:xmlns='urn:x:y'/>", Malformed},
		{"24 xmlns' namespace for a prefix", "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>", Malformed},
		{"24 xmlns as an element's prefix", "<xmlns:a/>", Malformed},
		{"24 name begins with a colon", "<:a/>", Malformed},
		{"24 name ends with a colon", "<a:/>", Malformed},
		{"24 two colons", "<a:b:c xmlns:a='urn:x:y'/>", Malformed},
		{"24 local part begins with a digit", "<a:1 xmlns:a='urn:x:y'/>", Malformed},
		{"24 name begins with a digit", "<1a/>", Malformed},
		{"24 name begins with a combining character", "<\u0300a/>", Malformed},
		{"24 multiplication sign in a name", "<a\u00d7/>", Malformed},
		{"24 second root", "<a/><b/>", Malformed},
		{"24 text before the root", "x<a/>", Malformed},
		{"24 text behind the root", "<a/>x", Malformed},
		{"24 reference behind the root", "<a/>&#32;", Malformed},
		{"24 declaration not at the start", " <?xml version='1.0'?><a/>", Malformed},
		{"24 declaration inside", "<a><?xml version='1.0'?></a>", Malformed},
		{"24 declaration in other case", "<?XmL version='1.0'?><a/>", Malformed},
		{"24 declaration without version", "<?xml encoding='UTF-8'?><a/>", Malformed},
		{"24 standalone maybe", "<?xml version='1.0' standalone='maybe'?><a/>", Malformed},
		{"24 instruction with a colon", "<a><?b:c?></a>", Malformed},
		{"24 instruction without space", "<a><?b+?></a>", Malformed},
		{"24 instruction unended", "<a><?b ></a>", Malformed},
		{"24 empty", "", Malformed},
		{"24 blank", " \n", Malformed},
		{"24 no root", "<!--a-->", Malformed},
		{"24 cut", "<a><b>", Malformed},
		{"24 cut in a tag", "<a b='1'", Malformed},
		{"24 cut behind <", "<", Malformed},

		{"28 two colons before an attribute", `<x ::attr="1"/>`, Malformed},
		{"28 directive around a comment", "<!-<!--x-->-!y><a/>", Malformed},
		{"28 element of colons", "<::Root/>", Malformed},

		{"10 relative namespace", "<a xmlns='b'/>", RelativeNamespace},
		{"10 relative namespace of a prefix", "<a xmlns:b='../c'/>", RelativeNamespace},
		{"10 relative namespace of digits", "<a xmlns:b='1'/>", RelativeNamespace},
		{"10 relative namespace after others", "<a xmlns:b='urn:b' xmlns:c='urn:c'><d xmlns='urn:b'/><d xmlns='urn/b'/></a>", RelativeNamespace},
		{"10 scheme only", "<a xmlns:b='urn:'/>", RelativeNamespace},
		{"10 not the characters of a URI", "<a xmlns:b='http://e\u0080'/>", RelativeNamespace},
		{"10 blank in a URI", "<a xmlns:b='urn:a b'/>", RelativeNamespace},
		{"10 percent sign alone", "<a xmlns:b='urn:%4'/>", RelativeNamespace},
		{"10 port that is no number", "<a xmlns:b='http://c:d:1'/>", RelativeNamespace},
		{"10 empty port", "<a xmlns:b='http://c:/d'/>", RelativeNamespace},
		{"10 port of six digits", "<a xmlns:b='http://c:123456/d'/>", RelativeNamespace},
		{"10 two users", "<a xmlns:b='http://c@d@e/f'/>", RelativeNamespace},
		{"10 malformed behind a relative namespace", "<a xmlns='b'></b>", Malformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(tt.doc, Limits{})
			var fault *Error
			if !errors.As(err, &fault) || fault.Fault != tt.want {
				t.Errorf("read %q: %v, want fault %d", tt.doc, err, tt.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	repeat := strings.Repeat
	tests := []struct {
		name    string
		limits  Limits
		fits    string
		tooMuch string
	}{
		{"bytes", Limits{Bytes: 4}, "<a/>", "<aa/>"},
		{"depth", Limits{Depth: 2}, "<a><b/></a>", "<a><b><c/></b></a>"},
		{"elements", Limits{Elements: 3}, "<a><b/><b/></a>", "<a><b/><b/><b/></a>"},
		{"attributes of a tag", Limits{Attributes: 2}, "<a b='' c=''/>", "<a b='' c='' xmlns='urn:x:y'/>"},
		{"all attributes", Limits{AllAttributes: 2}, "<a b=''><c b=''/></a>", "<a b=''><c b='' c=''/></a>"},
		{"namespaces", Limits{Namespaces: 1}, "<a><b xmlns='urn:x:y'/><b xmlns='urn:x:y'/></a>", "<a xmlns='urn:x:y'><b xmlns='urn:x:z'/></a>"},
		{"attributes of xml in scope", Limits{Namespaces: 2}, "<a xml:b=''><c xml:d=''/><c xml:e=''/></a>", "<a xml:b=''><c xml:d='' xml:e=''/></a>"},
		{"name", Limits{Name: 5}, "<abcde/>", "<abcdef/>"},
		{"attribute name", Limits{Name: 5}, "<a bcdef=''/>", "<a bcdefg=''/>"},
		{"namespace name", Limits{Name: 7}, "<a xmlns='urn:x:y'/>", "<a xmlns='urn:x:yz'/>"},
		{"value", Limits{Value: 3}, "<a b='123'/>", "<a b='1234'/>"},
		{"defaults: depth", Limits{}, repeat("<a>", 1000) + repeat("</a>", 1000), repeat("<a>", 1001) + repeat("</a>", 1001)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := read(tt.fits, tt.limits); err != nil {
				t.Errorf("read %.60q: %v", tt.fits, err)
			}
			_, err := read(tt.tooMuch, tt.limits)
			var fault *Error
			if !errors.As(err, &fault) || fault.Fault != TooLarge {
				t.Errorf("read %.60q: %v, want too large", tt.tooMuch, err)
			}
		})
	}
}

func TestErrorsSayWhere(t *testing.T) {
	tests := []struct {
		name, doc            string
		offset, line, column int
	}{
		{"first byte", "x", 0, 1, 1},
		{"after LF", "<a>\n\n <b></a>", 9, 3, 5},
		{"after CR LF and CR", "<a>\r\n\r &b;</a>", 7, 3, 2},
		{"after Chinese", "<a>報單&b;</a>", 9, 1, 6},
		{"at the end", "<a>", 3, 1, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(tt.doc, Limits{})
			var fault *Error
			if !errors.As(err, &fault) {
				t.Fatalf("read: %v", err)
			}
			if fault.Offset != tt.offset || fault.Line != tt.line || fault.Column != tt.column {
				t.Errorf("byte %d, line %d, column %d, want %d, %d, %d: %v",
					fault.Offset, fault.Line, fault.Column, tt.offset, tt.line, tt.column, err)
			}
		})
	}
}

// TestManyPrefixes crosses from comparing prefixes to hashing them.
func TestManyPrefixes(t *testing.T) {
	for n := range 40 {
		var doc, want strings.Builder
		doc.WriteString("<a")
		for i := range n {
			fmt.Fprintf(&doc, " xmlns:p%d='urn:x:%d'", i, i)
		}
		doc.WriteString(">")
		for i := range n {
			fmt.Fprintf(&doc, "<p%d:b xmlns:p%d='urn:y:%d'/><p%d:c/>", i, i, i, i)
			fmt.Fprintf(&want, "<{urn:y:%d}b p%d:=urn:y:%d /p%d:b <{urn:x:%d}c /p%d:c ", i, i, i, i, i, i)
		}
		doc.WriteString("<b/></a>")
		want.WriteString("<{}b /b /a")
		tokens, err := read(doc.String(), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(tokens[1:], " "); got != want.String() {
			t.Fatalf("%d prefixes:\n%s, want\n%s", n, got, want.String())
		}
	}
}

// TestResume reads each element again from its mark and finds the same tokens.
func TestResume(t *testing.T) {
	const doc = `<a xmlns:p="urn:p:1" xmlns="urn:d&#58;1" xml:lang="zh"><p:b p:x="1"><c xmlns="" xmlns:p="urn:p:2"><p:d xml:space="preserve"/>text</c></p:b><e/></a>`
	var outer Tokenizer
	outer.Reset([]byte(doc), Limits{})
	for elements := 0; ; {
		kind, err := outer.Next()
		if err != nil {
			t.Fatal(err)
		}
		if kind == EOF {
			if elements != 5 {
				t.Fatalf("%d elements", elements)
			}
			return
		}
		if kind != Start {
			continue
		}
		elements++
		var mark Mark
		outer.Mark(&mark)
		var inner, again Tokenizer
		inner.Resume([]byte(doc), &mark, Limits{})
		again.Reset([]byte(doc), Limits{})
		for again.Begin < outer.Begin || again.Kind != Start {
			if _, err := again.Next(); err != nil {
				t.Fatal(err)
			}
		}
		depth := again.Depth()
		for first := true; ; first = false {
			kind, err := inner.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !first {
				if kind == EOF {
					break
				}
				if _, err := again.Next(); err != nil {
					t.Fatal(err)
				}
			}
			if got, want := describe(&inner), describe(&again); got != want || inner.Begin != again.Begin {
				t.Errorf("at byte %d: %s, want %s", again.Begin, got, want)
			}
			if len(inner.Inherited()) != len(again.Inherited()) && kind == Start {
				t.Errorf("at byte %d: inherits %d attributes, want %d", again.Begin, len(inner.Inherited()), len(again.Inherited()))
			}
		}
		if again.Kind != End || again.Depth() != depth {
			t.Errorf("stopped at %s of depth %d, want the end of depth %d", describe(&again), again.Depth(), depth)
		}
	}
}

// TestReleasedTokenizerReadsOn uses one tokenizer for documents of all kinds.
func TestReleasedTokenizerReadsOn(t *testing.T) {
	docs := []string{
		`<a xmlns:p="urn:x:1"><p:b/></a>`, `<a`, `<p:b/>`, `<a xml:lang="zh"><b xmlns="urn:x&#58;1"/></a>`,
		`<a xmlns="b"/>`, "<a/>", manyPrefixes(20), `<p3:a/>`,
	}
	var reused Tokenizer
	for range 3 {
		for _, doc := range docs {
			want, wantErr := read(doc, Limits{})
			var got []string
			var gotErr error
			reused.Reset([]byte(doc), Limits{})
			for {
				var kind Kind
				if kind, gotErr = reused.Next(); gotErr != nil || kind == EOF {
					break
				}
				got = append(got, describe(&reused))
			}
			reused.Release()
			if !slices.Equal(got, want) || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
				t.Errorf("reused on %q: %q, %v, want %q, %v", doc, got, gotErr, want, wantErr)
			}
		}
	}
}

// TestNothingIsKeptOfADocument overwrites a document whose namespace names were found good
// with one whose names are not.
func TestNothingIsKeptOfADocument(t *testing.T) {
	for _, tt := range []struct{ good, bad string }{
		{`<a xmlns="urn:x"/>`, `<a xmlns="urn/x"/>`},
		{`<a xmlns="urn&#58;x"/>`, `<a xmlns="urn&#47;x"/>`},
	} {
		doc := []byte(tt.good)
		var reused Tokenizer
		if err := drain(&reused, doc); err != nil {
			t.Fatal(err)
		}
		copy(doc, tt.bad)
		var fault *Error
		if err := drain(&reused, doc); !errors.As(err, &fault) || fault.Fault != RelativeNamespace {
			t.Errorf("read %q after %q: %v, want fault %d", tt.bad, tt.good, err, RelativeNamespace)
		}
	}
}

func drain(r *Tokenizer, doc []byte) error {
	r.Reset(doc, Limits{})
	for {
		if kind, err := r.Next(); err != nil || kind == EOF {
			return err
		}
	}
}

func manyPrefixes(n int) string {
	var b bytes.Buffer
	b.WriteString("<a")
	for i := range n {
		fmt.Fprintf(&b, " xmlns:p%d='urn:x:%d'", i, i)
	}
	b.WriteString("/>")
	return b.String()
}
