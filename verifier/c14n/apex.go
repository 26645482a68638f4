package c14n

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"turnkey-gateway/verifier/xmltext"
)

// apexAttrs returns the attributes of the first element written: its own, and what it
// inherits of the xml namespace from the elements around it, which are not written. A
// document's root inherits nothing.
func (c *Canonicalizer) apexAttrs(t *xmltext.Tokenizer) []xmltext.Attr {
	inherited := t.Inherited()
	if len(inherited) == 0 {
		return t.Attrs
	}
	c.attrs = append(c.attrs[:0], t.Attrs...)
	for i := len(inherited) - 1; i >= 0; i-- { // the nearest first
		if c.inherits(string(inherited[i].Name.Local)) {
			c.attrs = append(c.attrs, inherited[i])
		}
	}
	if c.opts.Method == Inclusive11 {
		c.fixBase(inherited)
	}
	slices.SortStableFunc(c.attrs, compareNames)
	// Of one name the first is its own, else the nearest.
	c.attrs = slices.CompactFunc(c.attrs, func(a, b xmltext.Attr) bool { return compareNames(a, b) == 0 })
	return c.attrs
}

func compareNames(a, b xmltext.Attr) int {
	if d := bytes.Compare(a.Name.Namespace, b.Name.Namespace); d != 0 {
		return d
	}
	return bytes.Compare(a.Name.Local, b.Name.Local)
}

// inherits reports whether an attribute of the xml namespace is inherited as it is: any
// in Canonical XML 1.0 (2.4), the simple inheritable ones in 1.1 (2.4).
func (c *Canonicalizer) inherits(local string) bool {
	return c.opts.Method == Inclusive10 || local == "lang" || local == "space"
}

// Bounds on what an element inherits as its base: how long it may be while it is joined, in
// bytes, and of how many it may be joined, each of which takes apart all that was joined
// before. No honest document comes near either.
const (
	maxBase  = 1 << 10
	maxBases = 32
)

var errBases = fmt.Errorf("more than %d xml:base stand around", maxBases)

var errBase = fmt.Errorf("the xml:base inherited is longer than %d bytes", maxBase)

// fixBase gives the apex the xml:base that the elements around it and itself amount to
// (Canonical XML 1.1, 2.4).
func (c *Canonicalizer) fixBase(inherited []xmltext.Attr) {
	isBase := func(a xmltext.Attr) bool { return a.Name.ID == xmltext.XML && string(a.Name.Local) == "base" }
	outer := slices.IndexFunc(inherited, isBase)
	if outer < 0 {
		return
	}
	result := inherited[outer]
	base := string(result.Value()) // as it is, where there is nothing to join it with
	bases := 1
	for _, a := range inherited[outer+1:] {
		if !isBase(a) {
			continue
		}
		if bases++; bases > maxBases {
			c.err = errBases
			return
		}
		if base = joinBase(base, string(a.Value())); len(base) > maxBase {
			c.err = errBase
			return
		}
	}
	if own := slices.IndexFunc(c.attrs, isBase); own >= 0 {
		base = joinBase(base, string(c.attrs[own].Value()))
		c.attrs = slices.Delete(c.attrs, own, own+1)
	}
	if base == "" {
		return
	}
	result.Raw, result.Clean = appendEscapedValue(nil, []byte(base)), true
	c.attrs = append(c.attrs, result)
}

// joinBase is the join-URI-References function of Canonical XML 1.1: section 5.2 of
// RFC 3986, with a base that may be relative, no fragment, and ".." segments that lead
// out of a relative base kept.
func joinBase(base, ref string) string {
	base, _, _ = strings.Cut(base, "#")
	ref, _, _ = strings.Cut(ref, "#")
	b, r := splitURI(base), splitURI(ref)
	switch {
	case r.scheme != "":
		r.path = removeDots(r.path)
	case r.authority != "":
		r.scheme, r.path = b.scheme, removeDots(r.path)
	case r.path == "":
		r.scheme, r.authority, r.path = b.scheme, b.authority, removeDots(b.path)
		if r.query == "" {
			r.query = b.query
		}
	case strings.HasPrefix(r.path, "/"):
		r.scheme, r.authority, r.path = b.scheme, b.authority, removeDots(r.path)
	default:
		r.scheme, r.authority = b.scheme, b.authority
		switch slash := strings.LastIndexByte(b.path, '/'); {
		case b.authority != "" && b.path == "":
			r.path = removeDots("/" + r.path)
		case strings.HasSuffix(b.path, ".."):
			// A base of ".." is the directory, not a name in it (2.4, its example).
			r.path = removeDots(b.path + "/" + r.path)
		default:
			r.path = removeDots(b.path[:slash+1] + r.path)
		}
	}
	return r.scheme + r.authority + r.path + r.query
}

// A uri is a URI reference in parts, each with its delimiter: "http:", "//host",
// "/path", "?query".
type uri struct{ scheme, authority, path, query string }

func splitURI(s string) (u uri) {
	if i := strings.IndexAny(s, ":/?#"); i > 0 && s[i] == ':' {
		u.scheme, s = s[:i+1], s[i+1:]
	}
	if i := strings.IndexByte(s, '?'); i >= 0 {
		s, u.query = s[:i], s[i:]
	}
	if strings.HasPrefix(s, "//") {
		end := strings.IndexByte(s[2:], '/')
		if end < 0 {
			end = len(s) - 2
		}
		u.authority, s = s[:end+2], s[end+2:]
	}
	u.path = s
	return u
}

// removeDots removes "." and ".." segments, keeps ".." where nothing is left to remove
// in a relative path, and ends a path whose last segment was a dot one with a slash
// (Canonical XML 1.1, 2.4).
func removeDots(path string) string {
	absolute := strings.HasPrefix(path, "/")
	segments := strings.Split(path, "/")
	var kept []string
	for i, s := range segments {
		last := i == len(segments)-1
		switch {
		case s == "." || s == "" && !last:
		case s == "..":
			if n := len(kept); n > 0 && kept[n-1] != ".." {
				kept = kept[:n-1]
			} else if !absolute {
				kept = append(kept, s)
			}
		case s != "":
			kept = append(kept, s)
		}
	}
	out := strings.Join(kept, "/")
	if absolute {
		out = "/" + out
	}
	final := segments[len(segments)-1]
	if (final == "" || final == "." || final == "..") && out != "" && !strings.HasSuffix(out, "/") {
		out += "/"
	}
	return out
}
