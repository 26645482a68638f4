package main

import "testing"

func TestCanonicalizeWritesTheBytesAndNothingElse(t *testing.T) {
	// After the examples of Canonical XML 1.0 (3) and Exclusive XML Canonicalization (2.2).
	const doc = "<?xml version=\"1.0\"?>\r\n<?pi  x ?><!-- c -->\n<n1:a xmlns:n1=\"urn:n:1\" xmlns:n0=\"urn:n:0\" b='2' a=\"&#9;&lt;'>\"><e/><!-- d -->\r\n&#13;<![CDATA[<&]]></n1:a>\n"
	const body = "\n&#xD;&lt;&amp;</n1:a>"
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"default", nil,
			"<?pi x ?>\n<n1:a xmlns:n0=\"urn:n:0\" xmlns:n1=\"urn:n:1\" a=\"&#x9;&lt;'>\" b=\"2\"><e></e>" + body},
		{"1.1", []string{"--method", "c14n11"},
			"<?pi x ?>\n<n1:a xmlns:n0=\"urn:n:0\" xmlns:n1=\"urn:n:1\" a=\"&#x9;&lt;'>\" b=\"2\"><e></e>" + body},
		{"comments", []string{"--comments"},
			"<?pi x ?>\n<!-- c -->\n<n1:a xmlns:n0=\"urn:n:0\" xmlns:n1=\"urn:n:1\" a=\"&#x9;&lt;'>\" b=\"2\"><e></e><!-- d -->" + body},
		{"exclusive", []string{"--method", "exc"},
			"<?pi x ?>\n<n1:a xmlns:n1=\"urn:n:1\" a=\"&#x9;&lt;'>\" b=\"2\"><e></e>" + body},
		{"exclusive with a prefix list", []string{"--method", "exc", "--prefix-list", "n0 other"},
			"<?pi x ?>\n<n1:a xmlns:n0=\"urn:n:0\" xmlns:n1=\"urn:n:1\" a=\"&#x9;&lt;'>\" b=\"2\"><e></e>" + body},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := turnkeyWith(t, nil, doc, append([]string{"canonicalize", "-"}, tt.args...)...).want(t, exitYes)
			if out.stdout != tt.want {
				t.Errorf("got\n%q\nwant\n%q", out.stdout, tt.want)
			}
			if out.stderr != "" {
				t.Errorf("also said %q", out.stderr)
			}
		})
	}
}

func TestCanonicalizeWithoutSignatureKeepsItsSurroundings(t *testing.T) {
	const doc = `<a> <Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/></Signature>  <Signature xmlns="urn:other:one"/></a>`
	out := turnkeyWith(t, nil, doc, "canonicalize", "--without-signature", "-").want(t, exitYes)
	if want := `<a>   <Signature xmlns="urn:other:one"></Signature></a>`; out.stdout != want {
		t.Errorf("got %q, want %q", out.stdout, want)
	}
}

func TestCanonicalizeRefuses(t *testing.T) {
	const signature = `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>`
	tests := []struct {
		name, doc string
		args      []string
		code      int
		want      string
	}{
		{"malformed", "<a><b></a>", nil, exitNo, "line 1"},
		{"DTD", "<!DOCTYPE a><a/>", nil, exitNo, "DOCTYPE"},
		{"relative namespace", `<a xmlns="b"/>`, nil, exitNo, "canonicalize standard input"},
		{"two signatures", "<a>" + signature + signature + "</a>", []string{"--without-signature"}, exitNo, "more than one Signature"},
		{"unknown method", "<a/>", []string{"--method", "c14n"}, exitUnknown, "c14n10, c14n11 or exc"},
		{"prefix list without exc", "<a/>", []string{"--prefix-list", "a"}, exitUnknown, "--method exc"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := turnkeyWith(t, nil, tt.doc, append([]string{"canonicalize", "-"}, tt.args...)...).want(t, tt.code, tt.want)
			if out.stdout != "" {
				t.Errorf("something was written: %q", out.stdout)
			}
		})
	}
	turnkey(t, "canonicalize", "nowhere.xml").want(t, exitUnknown, "no such file")
}
