package c14n

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"turnkey-gateway/verifier/xmltext"
)

// slowly is Write without Skim: every token by itself.
func slowly(doc []byte, opts Options, unsigned bool, limits xmltext.Limits) (out []byte, signatures int, err error) {
	var t xmltext.Tokenizer
	var c Canonicalizer
	var w bytes.Buffer
	t.Reset(doc, limits)
	c.Reset(&w, opts)
	for {
		kind, err := t.Next()
		if err != nil {
			return nil, 0, err
		}
		if kind == xmltext.EOF {
			err := c.Close()
			return w.Bytes(), signatures, err
		}
		if kind == xmltext.Start && t.Name.Is(SignatureNamespace, "Signature") {
			signatures++
			if unsigned && c.skipped == 0 {
				c.Leave()
				continue
			}
		}
		if c.Token(&t); c.err != nil {
			return nil, 0, c.err
		}
	}
}

// checkSkim holds that skimming changes nothing: neither what is written, nor what is
// refused, where and why.
func checkSkim(t *testing.T, doc []byte) {
	t.Helper()
	few := xmltext.Limits{Depth: 6, Elements: 30, Attributes: 3, AllAttributes: 20, Namespaces: 5, Name: 20, Value: 40}
	checkSkimWithin(t, doc, xmltext.Limits{}, few)
}

func checkSkimWithin(t *testing.T, doc []byte, all ...xmltext.Limits) {
	t.Helper()
	for _, limits := range all {
		for _, opts := range []Options{{}, {Method: Exclusive}, {Method: Exclusive, PrefixList: []string{"p", "#default"}, Types: true}, {Method: Inclusive11, Comments: true}} {
			for _, unsigned := range []bool{false, true} {
				want, wantSignatures, wantErr := slowly(doc, opts, unsigned, limits)
				var got bytes.Buffer
				signatures, err := Write(&got, doc, opts, unsigned, limits)
				switch {
				case (err == nil) != (wantErr == nil), err != nil && err.Error() != wantErr.Error():
					t.Fatalf("%q, %+v: error %v, without skimming %v", doc, opts, err, wantErr)
				case err == nil && (!bytes.Equal(got.Bytes(), want) || signatures != wantSignatures):
					t.Fatalf("%q, %+v: %q, %d Signatures; without skimming %q, %d", doc, opts, got.Bytes(), signatures, want, wantSignatures)
				}
			}
		}
	}
}

// skimSeeds hold what is on either side of each of Skim's decisions.
var skimSeeds = []string{
	`<a><b>x</b></a>`, `<a><b>x</b ></a>`, `<a><b >x</b></a>`, `<a><b/></a>`, `<a><b></a></b>`, `<a><b></b`, `<a><b>`, `<a><b></bb></a>`,
	`<a><b c="1"></b></a>`, `<a><b c="1" d="2"></b></a>`, `<a><b d="1" c="2"></b></a>`, `<a><b c="1" c="2"></b></a>`, `<a><b c='1'></b></a>`,
	`<a><b  c="1"></b></a>`, `<a><b c ="1"></b></a>`, `<a><b c="1" ></b></a>`, `<a><b c="1"d="2"></b></a>`, `<a><b c="&lt;&amp;&quot;&#x9;"></b></a>`,
	`<a><b c="&gt;"></b></a>`, `<a><b c="<"></b></a>`, "<a><b c=\"\t\"></b></a>", `<a><b c="x'y>z"></b></a>`, `<a><b c="></b></a>`,
	`<a xmlns:p="urn:p"><p:b></p:b></a>`, `<p:a xmlns:p="urn:p"><p:b p:c="1"></p:b></p:a>`, `<a><q:b></q:b></a>`, `<a><b q:c="1"></b></a>`,
	`<p:a xmlns:p="urn:p" xmlns:q="urn:q"><p:b c="1" p:d="2"></p:b><p:b p:c="1" d="2"></p:b><p:b p:c="1" q:d="2"></p:b></p:a>`,
	`<p:a xmlns:p="urn:p" xmlns:q="urn:q"><b><q:c></q:c></b><q:c q:d=""></q:c></p:a>`, `<a xmlns="urn:a"><b xmlns=""><c></c></b><c></c></a>`,
	`<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c></p:c></p:b><p:c></p:c></p:a>`, `<a><b xmlns="1"></b></a>`, `<a><b xmlns:xml="x"></b></a>`,
	`<a xml:lang="zh"><b xml:lang="en"></b><xml:c></xml:c></a>`, `<a><xmlns:b></xmlns:b></a>`, `<a><b xmlns:=""></b></a>`,
	`<a><b:></b:></a>`, `<a><:b></:b></a>`, `<a><b:c:d></b:c:d></a>`, `<a><1b></1b></a>`, `<a><b.-1></b.-1></a>`, `<a><é></é></a>`, "<a><b\xff></b></a>",
	"<a>\r\n <b>\r\n</b>\r</a>", "<a>x\r</a>", "<a>x\r\n</a>", "<a>\r\n<!--\r\n--><b></b></a>", `<a>]]><b></b></a>`, `<a>x > y<b></b></a>`, `<a>&amp;&lt;&gt;&#xD;<b></b></a>`,
	`<a>&#13;<b></b></a>`, `<a>&nbsp;<b></b></a>`, `<a>&<b></b></a>`, "<a>\x00<b></b></a>", "<a>\x1f<b></b></a>", "<a>\x7f<b></b></a>", "<a>\xc0\xaf<b></b></a>",
	"<a>不鏽鋼<b>螺\xe4</b></a>", "<a>\uFFFE<b></b></a>", "<a>\U0001F600<b></b></a>", "<a>\u0085\u2028<b></b></a>", "<a>\xed\xa0\x80<b></b></a>",
	`<a><b><!-- --></b><b><![CDATA[<]]></b><b><?x y?></b></a>`, `<a>x<!-- -->y<b></b></a>`, `<a><b></b></a><c></c>`, `<a><b></b></a>x`,
	`<a><Signature></Signature><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><b></b></Signature><b></b></a>`,
	`<a xmlns:s="http://www.w3.org/2000/09/xmldsig#"><b><s:Signature><s:Signature><c></c></s:Signature></s:Signature></b><b></b></a>`,
	`<a><b><c><d><e><f><g></g></f></e></d></c></b></a>`, `<a><aVeryLongNameThatIsBeyondTheLimit></aVeryLongNameThatIsBeyondTheLimit></a>`,
	`<a><b c="` + strings.Repeat("x", 60) + `"></b></a>`, `<a>` + strings.Repeat("<b></b>", 40) + `</a>`, `<a>` + strings.Repeat(`<b c=""></b>`, 25) + `</a>`,
	`<p:a xmlns:p="urn:p" xmlns:q="urn:q&amp;x"><q:b/></p:a>`, `<a xmlns:p="urn:p"><p:b/><p:b>1</p:b><p:b p:c="1">1</p:b><p:b c="1" p:d='2'/></a>`,
	`<a xmlns:p="urn:p" xmlns:q="urn:q"><p:b q:c="1">1</p:b><b p:c="1">1</b><b p:c="1" q:d="2"/><p:b><p:c/></p:b><p:b>1<c/></p:b></a>`,
	`<a xmlns:p="urn:p"><p:b>1</p:c><p:b>1</p:b></a>`, `<a xmlns:p="urn:p"><p:b>1`, `<a xmlns:p="urn:p"><p:b>1</p:b`, `<a xmlns:p="urn:p"><p:b`, `<a xmlns:p="urn:p"><p:b/`,
	`<a xmlns="urn:a"><p:b xmlns:p="urn:p" xmlns=""><c p:d="1">1</c></p:b><c/></a>`, `<p:a xmlns:p="urn:p" xmlns="urn:a"><b/><b>1</b><b c='"'/></p:a>`,
	`<a><b d="1" c='2'/></a>`, `<a><b d="1" c='2"'/></a>`, `<a><b d="1" d='2'/></a>`, `<a><b e="" d="" c=""/><b c="" e="" d="">x</b></a>`, `<a><b c='&lt;"'/><b c='x'y="z"/></a>`,
	`<a xmlns:p="urn:p"><b p:d="1" c='2'/><b p:d="1" c='2'>3</b><b p:d="1" p:c="2"/><b p:d="1" c="1" c="2"/></a>`, `<a xmlns:p="urn:p"><b d="2" p:d="1" c='2' xml:lang="zh"/></a>`,
	"<a xmlns:p=\"urn:p\"><p:b>1\r\n2</p:b>\r\n<b/>\r\n</a>", `<a><b/ ></a>`, `<a><b /></a>`, `<a><b c="1" /></a>`, `<a><b c="1"/></a>`, `<a><b/></b></a>`, `<a><b c=1/></a>`, `<a><b c='1/></a>`,
	`<a>` + strings.Repeat("x", 5000) + `<b/>` + strings.Repeat("螺", 1400) + `<b c="` + strings.Repeat("é", 19) + `"/></a>`, "<a>" + strings.Repeat("x", 4090) + "螺\xe8\x9e<b/></a>",
	`<a xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:p="urn:p" xmlns:q="urn:q"><b i:type="p:T"/><b i:type="q:T"/></a>`,
	`<a xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:q="urn:q"><q:b i:type="q:T">1</q:b><b type="q:T" q:type="q:T"/><i:type/></a>`,
	`<a xmlns:p="urn:p" xmlns:q="urn:p"><b p:c="1" q:c="2"/><b q:c="2" p:c="1"/><p:b q:c="1">2</p:b></a>`,
	`<a xmlns:p="urn:p"><p:b>1</p:b><p:b>1</p:b><p:b><c/></p:b><c xmlns:p="urn:q"><p:b>1</p:b></c><p:b>1</p:b><p:b/><p:b/></a>`,
	`<a><b c='1' d="2"/><b c='1' d="2"/><b c='1' d="2">3</b><b c='1' d="2">4</b><b d="2" c="1"/><b d="2" c="1"/></a>`,
	`<a><b c="1>2"/><b c="1>2"/><b c="1>3"/><b c="1">2"</b></a>`, `<a><element1name/><element2name/><element1name/><element1name></element2name></a>`,
	`<a xmlns:xmlns="urn:x"></a>`, `<a><b`, `<a><b c`, `<a><b c=`, `<a><b c="`, `<a><b c="1"`, `<a><`, `<a></`, `<a>`,
}

func TestSkim(t *testing.T) {
	for _, doc := range skimSeeds {
		checkSkim(t, []byte(doc))
	}
}

// TestSkimAtLimits puts each limit at each number, so that each document is just within it,
// and just beyond.
func TestSkimAtLimits(t *testing.T) {
	for _, field := range []func(l *xmltext.Limits) *int{
		func(l *xmltext.Limits) *int { return &l.Depth }, func(l *xmltext.Limits) *int { return &l.Elements },
		func(l *xmltext.Limits) *int { return &l.Attributes }, func(l *xmltext.Limits) *int { return &l.AllAttributes },
		func(l *xmltext.Limits) *int { return &l.Namespaces }, func(l *xmltext.Limits) *int { return &l.Name },
		func(l *xmltext.Limits) *int { return &l.Value },
	} {
		for n := 1; n <= 45; n++ {
			var limits xmltext.Limits
			*field(&limits) = n
			for _, doc := range skimSeeds {
				checkSkimWithin(t, []byte(doc), limits)
			}
		}
	}
}

// TestSkimBounds crosses what one Skim reads, in bytes and in line ends, at every place of
// what stands there.
func TestSkimBounds(t *testing.T) {
	const what = "<b>1\r\n2</b>\r\n<p:b xmlns:p=\"urn:p\"><p:c d=\"1\">\r\n</p:c></p:b><Signature></Signature>\r\n<b><!--\r\n--></b>"
	for n := range len(what) {
		checkSkim(t, []byte("<a><b>"+strings.Repeat("x", 32<<10-n)+"</b>"+what+what+"</a>"))
	}
	for n := range 8 {
		checkSkim(t, []byte("<a><b></b>"+strings.Repeat("\r\n", 8<<10-n)+what+"</a>"))
	}
}

// TestSkimMutated splices and changes the seeds.
func TestSkimMutated(t *testing.T) {
	random := rand.New(rand.NewPCG(20, 26))
	const alphabet = "<>/=\"' &;:!?-[]abp\r\n\t\x00\xe4\xb8\x8d\xff1x"
	for range 20_000 {
		doc := []byte(skimSeeds[random.IntN(len(skimSeeds))])
		other := skimSeeds[random.IntN(len(skimSeeds))]
		for range random.IntN(4) {
			at := random.IntN(len(doc) + 1)
			switch random.IntN(4) {
			case 0:
				doc = append(doc[:at:at], append([]byte{alphabet[random.IntN(len(alphabet))]}, doc[at:]...)...)
			case 1:
				doc = append(doc[:at:at], doc[min(len(doc), at+1+random.IntN(3)):]...)
			case 2:
				doc = append(doc[:at:at], append([]byte(other), doc[at:]...)...)
			case 3:
				if at < len(doc) {
					doc[at] = alphabet[random.IntN(len(alphabet))]
				}
			}
		}
		checkSkim(t, doc)
	}
}

// TestSkimRepeated has the same few tags again and again, around which prefixes mean now
// this and now that, beside others that differ from them in the middle or behind a '>'.
func TestSkimRepeated(t *testing.T) {
	random := rand.New(rand.NewPCG(27, 11))
	tags := []string{
		"b", "p:b", "q:b", `b c="1"`, `b c='1' d="2"`, `b d='2' c="1"`, `p:b p:c="1"`, `p:b q:c="1"`, `b q:c="1" c="2"`, `b c="x>y"`, `b c="x>z"`, `b c="x"`,
		`element1name`, `element2name`, `element c="1" name="x"`, `element c="2" name="x"`, `element c='2' name="x"`, `element c="2"  name="x"`, `p:b c="1" c="1"`, `r:b`,
		`n xmlns:p="urn:2"`, `n xmlns:q="urn:1"`, `n xmlns="urn:3"`, `n xmlns=""`, `p:n xmlns:p="urn:4"`, `q:n`,
	}
	texts := []string{"", "", "1", "\r\n", "&amp;", "<!---->", "<?p?>"}
	var write func(doc *strings.Builder, depth int)
	write = func(doc *strings.Builder, depth int) {
		for range random.IntN(9 - depth) {
			tag := tags[random.IntN(len(tags))]
			if random.IntN(8) > 0 {
				tag = tags[random.IntN(8)]
			}
			doc.WriteString(texts[random.IntN(len(texts))])
			if random.IntN(3) == 0 {
				doc.WriteString("<" + tag + "/>")
				continue
			}
			doc.WriteString("<" + tag + ">" + texts[random.IntN(len(texts))])
			if depth < 4 && random.IntN(2) == 0 {
				write(doc, depth+1)
			}
			name, _, _ := strings.Cut(tag, " ")
			doc.WriteString("</" + name + ">")
		}
	}
	for range 4_000 {
		var doc strings.Builder
		doc.WriteString(`<a xmlns:p="urn:1" xmlns:q="urn:2">`)
		write(&doc, 0)
		checkSkim(t, []byte(doc.String()+"</a>"))
	}
}

// TestSkimManyTags has more different start tags than are remembered, and ones that share
// their place, in documents of several Skims, now and then between declarations.
func TestSkimManyTags(t *testing.T) {
	random := rand.New(rand.NewPCG(28, 12))
	word := func() string { return fmt.Sprintf("%04d", random.IntN(9)) }
	tag := func() string {
		name := []string{"", "p:", "q:"}[random.IntN(3)] + "e"
		if random.IntN(20_000) == 0 {
			return []string{"r:e", `e d="1" d="1"`, `e c="<"`}[random.IntN(3)]
		}
		switch random.IntN(9) {
		case 0: // first and last eight bytes alike, of one length
			return name + `lement c="` + word() + `" d='` + word() + `' name="xxxxx"`
		case 1:
			return name + `lement p:c="` + word() + `" e='` + word() + `' name="xxxxx"`
		case 2: // the first > stands in a value
			return name + ` c="12345678>` + word() + `"`
		case 3:
			return name + ` c="&lt;` + word() + `" b='` + word() + `"'`
		case 4:
			return name + ` q:d="` + word() + `" c="` + word() + `"`
		case 5:
			return name + fmt.Sprint(random.IntN(400))
		case 6:
			return []string{`n xmlns:p="urn:p:2"`, `n xmlns:q="urn:p:1"`, `n xmlns=""`, `n xmlns="urn:d:2"`, `n xml:lang="zh"`, `n xmlns:r="urn:r:1"`}[random.IntN(6)]
		case 7:
			return []string{"ID", "Signature", "p:ID", "Signaturf"}[random.IntN(4)]
		}
		return name
	}
	for range 25 {
		tags := make([]string, 10+random.IntN(250))
		for i := range tags {
			tags[i] = tag()
		}
		var doc strings.Builder
		doc.WriteString(`<p:a xmlns:p="urn:p:1" xmlns:q="urn:q:1">`)
		var open []string
		next := 0
		for size := 4_000 + random.IntN(80<<10); doc.Len() < size; {
			if next++; random.IntN(4) == 0 {
				next = random.IntN(len(tags))
			}
			tag := tags[next%len(tags)]
			switch name, _, _ := strings.Cut(tag, " "); random.IntN(5) {
			case 0:
				doc.WriteString("<" + tag + "/>")
			case 1:
				if len(open) < 5 {
					open = append(open, name)
					doc.WriteString("<" + tag + ">")
				}
			case 2:
				if len(open) > 0 {
					doc.WriteString("</" + open[len(open)-1] + ">")
					open = open[:len(open)-1]
				}
			default:
				doc.WriteString("<" + tag + ">" + []string{"", "1\r\n", "&amp;", "x"}[random.IntN(4)] + "</" + name + ">")
			}
		}
		for i := len(open) - 1; i >= 0; i-- {
			doc.WriteString("</" + open[i] + ">")
		}
		whole := doc.String() + "</p:a>"
		checkSkimWithin(t, []byte(whole), xmltext.Limits{}, xmltext.Limits{Elements: 200 + random.IntN(2_000)}, xmltext.Limits{AllAttributes: 200 + random.IntN(2_000)})
	}
}

func FuzzSkim(f *testing.F) {
	for _, doc := range skimSeeds {
		f.Add([]byte(doc))
	}
	f.Fuzz(checkSkim)
}
