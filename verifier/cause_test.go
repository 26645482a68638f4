package verifier

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// TestLikelyCauseSaysWhere changes documents at places that are known.
func TestLikelyCauseSaysWhere(t *testing.T) {
	replace := func(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }
	const items = `<?xml version="1.0"?>
<?route AA?>
<Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05">
  <!-- of
  two lines -->
  <Item><ID>1</ID></Item>{signature}<Item/>
  <Item>
    <ID a="&#10;"><![CDATA[x]]>&#32;&amp; AA<?pi?>
 AA  1500000001</ID>
    <Note>one  two  three</Note>
  </Item>
  <ID>BB  15A1200001</ID>
</Declaration>`
	type place struct {
		line             int
		element          string
		signed, received string
	}
	tests := []struct {
		name, doc string
		change    func(string) string
		kind      CauseKind
		want      []place
	}{
		{"the number's blanks", sample, replace("AA  15", "AA 15"), BlanksCollapsed, []place{
			{4, "/Declaration/ID", "AA  15A1200001", "AA 15A1200001"}}},
		{"behind comments, the Signature and instructions", items, replace("AA  15", "AA 15"), BlanksCollapsed, []place{
			{9, "/Declaration/Item[3]/ID", "\n AA  1500000001", "\n AA 1500000001"}}},
		{"two texts", items, replace("AA  15", "AA 15", "BB  15", "BB 15"), BlanksCollapsed, []place{
			{9, "/Declaration/Item[3]/ID", "\n AA  1500000001", "\n AA 1500000001"},
			{12, "/Declaration/ID", "BB  15A1200001", "BB 15A1200001"}}},
		{"two of one text", items, replace("one  two  three", "one two three"), BlanksCollapsed, []place{
			{10, "/Declaration/Item[3]/Note", "one  two  three", "one two three"}}},
		{"a number and another", items, replace("BB  15", "BB 15", "one  two", "one two"), BlanksCollapsed, []place{
			{10, "/Declaration/Item[3]/Note", "one  two  three", "one two  three"},
			{12, "/Declaration/ID", "BB  15A1200001", "BB 15A1200001"}}},
		{"indented more", sample, replace("\n  <", "\n      <"), Reindented, []place{{4, "/Declaration", "", ""}}},
		{"put on one line", sample, replace("\n    <", "<", "\n  <", "<"), Reindented, []place{{3, "/Declaration/ID", "", ""}}},
		{"CR was data", "<a>&#13;\n<c>1&#13;\n2</c></a>", replace("&#13;\n", "\r\n"), LineEndsChanged, []place{{1, "/a", "", ""}}},
		{"the Signature put on a line", sample, replace("<Signature ", "\n  <Signature ", "</Signature>", "</Signature>\n"), SpaceAroundSignature, []place{{12, "/Declaration/Signature", "", ""}}},
	}
	e := newEngine(t, "cpt")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			changed := tt.change(sign(t, tt.doc, form{}))
			v := judge(e, changed, registered(alice()))
			want(t, v, DigestMismatch)
			cause, ok := v.LikelyCause()
			if !ok || cause.Kind != tt.kind {
				t.Fatalf("cause %+v, want %s", cause, tt.kind)
			}
			var got []place
			for _, p := range cause.Places {
				got = append(got, place{p.Line, p.Element, p.Signed, p.Received})
				if lines := bytes.Count([]byte(changed[:p.Offset]), []byte("\n")) + 1; lines != p.Line {
					t.Errorf("byte %d is on line %d, not %d", p.Offset, lines, p.Line)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("at %+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestLikelyCauseIsBounded: places are few, and paths and texts short, however many and
// long the document's are.
func TestLikelyCauseIsBounded(t *testing.T) {
	numbers := strings.Repeat("<ID>AA  1500000001</ID>", 100)
	long := strings.Repeat("長", 300)
	deep := strings.Repeat("<"+long+">", 20) + numbers + strings.Repeat("</"+long+">", 20)
	for name, doc := range map[string]string{
		"many numbers": "<a>" + numbers + "</a>",
		"long names":   "<a>" + deep + "</a>",
		"a long text":  "<a>" + long + "  " + strings.Repeat("&lt;"+long, 50) + "</a>",
	} {
		t.Run(name, func(t *testing.T) {
			v := judge(newEngine(t, "cpt"), strings.ReplaceAll(sign(t, doc, form{}), "  ", " "), registered(alice()))
			want(t, v, DigestMismatch)
			checkDetail(t, v)
			cause, ok := v.LikelyCause()
			if !ok || len(cause.Places) == 0 || len(cause.Places) > maxPlaces {
				t.Fatalf("%+v", cause)
			}
			for _, p := range cause.Places {
				if len(p.Element) > maxPath+3 || len(p.Signed) > 200 || len(p.Signed) != len(p.Received)+1 {
					t.Errorf("%+v", p)
				}
			}
		})
	}
}

// TestNoCauseOfWhatIsNone: it is asked of verdicts of every kind.
func TestNoCauseOfWhatIsNone(t *testing.T) {
	e := newEngine(t, "cpt")
	for _, v := range []Verdict{{}, judge(e, "<a", registered(alice())), judge(e, sample, registered(alice())), judge(e, sign(t, sample, form{}), registered(alice()))} {
		if cause, ok := v.LikelyCause(); ok {
			t.Errorf("%v: %+v", v.Reason(), cause)
		}
	}
	// One that an unregistered certificate signed has its cause all the same.
	v := judge(e, strings.Replace(sign(t, sample, form{}), "AA  15", "AA 15", 1), registered(bob()))
	want(t, v, UnregisteredCertificate)
	if cause, ok := v.LikelyCause(); !ok || cause.Kind != BlanksCollapsed {
		t.Errorf("%+v, %v", cause, ok)
	}
}
