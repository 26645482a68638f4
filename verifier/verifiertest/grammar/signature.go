package grammar

import (
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"strconv"
	"strings"
)

// A writer builds a Signature element, from strings.
type writer struct {
	*generator
	prefix  string // with its colon
	spread  bool   // white space between elements
	indents string
}

// part returns an element of XML Signature, with text or parts inside.
func (w *writer) part(role string, attrs []attr, children ...*node) *node {
	n := &node{kind: element, role: role, name: w.prefix + strings.TrimRight(role, "0123456789"), attrs: attrs, empty: w.oneIn(2)}
	if w.spread && len(children) > 0 && children[0].kind == element {
		for _, c := range children {
			n.children = append(n.children, w.space(), c)
		}
		n.children = append(n.children, w.space())
		return n
	}
	n.children = children
	return n
}

func (w *writer) space() *node { return &node{kind: text, raw: w.newline() + w.indents} }

func (w *writer) attr(name, raw string) attr {
	a := w.spelled(name)
	a.raw = raw
	return a
}

// algorithmPart returns an element with an Algorithm.
func (w *writer) algorithmPart(role, uri string, children ...*node) *node {
	raw := uri
	if w.oneIn(50) { // a reference for its last letter: the same value (XML 1.0, 3.3.3)
		raw = uri[:len(uri)-1] + "&#" + strconv.Itoa(int(uri[len(uri)-1])) + ";"
	}
	return w.part(role, []attr{w.attr("Algorithm", raw)}, children...)
}

// signature returns the Signature of a plan, its digests and value empty.
func (g *generator) signature(p *plan) *node {
	w := &writer{generator: g, spread: g.oneIn(2), indents: pick(g.source, []string{"", "  ", "\t"})}
	if g.oneIn(2) {
		w.prefix = pick(g.source, []string{"ds:", "s:", "dsig:", "名:"})
	}
	info := []*node{
		w.algorithmPart("CanonicalizationMethod", p.method.Method.URI(p.method.Comments), w.prefixes(p.method.PrefixList)...),
		w.algorithmPart("SignatureMethod", p.algorithm.uri),
	}
	for i := range p.references {
		info = append(info, w.reference(i, &p.references[i]))
	}
	var id []attr
	if g.oneIn(6) {
		id = []attr{w.attr("Id", "si-1")}
	}
	parts := []*node{w.part("SignedInfo", id, info...), w.part("SignatureValue", nil, &node{kind: text})}
	if k := w.keyInfo(p.key); k != nil {
		parts = append(parts, k)
	}
	for i := range p.references {
		if p.references[i].id == "o-1" {
			parts = append(parts, w.object())
		}
	}
	s := w.part("Signature", w.declarations(), parts...)
	if g.oneIn(8) {
		s.attrs = append(s.attrs, w.attr("Id", "s-1"))
	}
	return s
}

// declarations declares the Signature's namespace, and some more.
func (w *writer) declarations() []attr {
	name := "xmlns"
	if w.prefix != "" {
		name = "xmlns:" + strings.TrimSuffix(w.prefix, ":")
	}
	all := []attr{w.attr(name, dsigNamespace)}
	if w.oneIn(6) {
		all = append(all, w.attr("xmlns:"+pick(w.source, []string{"e1", "e2"}), pick(w.source, []string{"urn:e:1", "urn:e:2"})))
	}
	w.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func (w *writer) prefixes(list []string) []*node {
	if len(list) == 0 {
		return nil
	}
	const exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
	value := w.attr("PrefixList", strings.Join(list, pick(w.source, []string{" ", "  ", "&#10;", "\t"})))
	if w.oneIn(2) {
		return []*node{{kind: element, name: "InclusiveNamespaces", attrs: []attr{value, w.attr("xmlns", exclusive)}, empty: w.oneIn(2)}}
	}
	return []*node{{kind: element, name: "ec:InclusiveNamespaces", attrs: []attr{w.attr("xmlns:ec", exclusive), value}, empty: w.oneIn(2)}}
}

func (w *writer) reference(i int, r *reference) *node {
	number := strconv.Itoa(i)
	uri := ""
	if r.id != "" {
		uri = "#" + r.id
	}
	attrs := []attr{w.attr("URI", uri)}
	if r.kind != "" {
		attrs = append(attrs, w.attr("Type", r.kind))
	}
	var children []*node
	if r.transforms {
		var transforms []*node
		if r.enveloped {
			transforms = append(transforms, w.algorithmPart("Transform", envelopedURI))
		}
		if r.named {
			transforms = append(transforms, w.algorithmPart("Transform", r.form.Method.URI(r.form.Comments), w.prefixes(r.form.PrefixList)...))
		}
		children = append(children, w.part("Transforms", nil, transforms...))
	}
	children = append(children, w.algorithmPart("DigestMethod", r.digest.uri), w.part("DigestValue"+number, nil, &node{kind: text}))
	return w.part("Reference"+number, attrs, children...)
}

// object returns an Object in the shape of XAdES.
func (w *writer) object() *node {
	inside := &node{kind: element, name: "x:SignedProperties", attrs: []attr{w.attr("Id", "o-1")}, children: []*node{{kind: text, raw: w.text()}}}
	outside := &node{kind: element, name: "x:QualifyingProperties", attrs: []attr{w.attr("xmlns:x", "http://uri.etsi.org/01903/v1.3.2#"), w.attr("Target", "#s-1")}, children: []*node{inside}}
	return w.part("Object", nil, outside)
}

// keyInfo returns a KeyInfo that leads to the key, or nil.
func (w *writer) keyInfo(k *Key) *node {
	leaf := func(role, value string) *node { return w.part(role, nil, &node{kind: text, raw: value}) }
	switch w.IntN(8) {
	case 0:
		return nil
	case 1:
		return w.part("KeyInfo", nil, leaf("KeyName", "螺絲 &amp; co"))
	case 2:
		issuer := leaf("X509IssuerName", strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(k.Certificate.Issuer.String()))
		return w.part("KeyInfo", nil, w.part("X509Data", nil, w.part("X509IssuerSerial", nil, issuer, leaf("X509SerialNumber", k.Certificate.SerialNumber.String()))))
	case 3:
		return w.part("KeyInfo", nil, w.part("X509Data", nil, leaf("X509SKI", base64.StdEncoding.EncodeToString(k.identifier()))))
	case 4:
		public, ok := k.Signer.Public().(*rsa.PublicKey)
		if !ok {
			return nil
		}
		value := w.part("RSAKeyValue", nil, leaf("Modulus", base64.StdEncoding.EncodeToString(public.N.Bytes())), leaf("Exponent", base64.StdEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes())))
		return w.part("KeyInfo", nil, w.part("KeyValue", nil, value))
	}
	return w.part("KeyInfo", nil, w.part("X509Data", nil, leaf("X509Certificate", w.lined(base64.StdEncoding.EncodeToString(k.DER)))))
}

// lined breaks base64 into lines as libraries do.
func (s source) lined(value string) string {
	width := pick(s, []int{0, 0, 0, 64, 76})
	if width == 0 {
		return value
	}
	end := pick(s, []string{"\n", "\r\n", "&#13;\n", "\n\t\t"})
	var b strings.Builder
	for len(value) > width {
		b.WriteString(value[:width] + end)
		value = value[width:]
	}
	return b.String() + value
}

func (a algorithm) sum(octets []byte) []byte {
	h := a.hash.New()
	h.Write(octets)
	return h.Sum(nil)
}
