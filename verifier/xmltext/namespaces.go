package xmltext

import "bytes"

const (
	xmlNamespace   = "http://www.w3.org/XML/1998/namespace"
	xmlnsNamespace = "http://www.w3.org/2000/xmlns/"
)

var xmlPrefix, xmlName = []byte("xml"), []byte(xmlNamespace)

// A PrefixID numbers the prefixes that a document declares, in the order in which they
// are met; it is stable until the tokenizer is reset. [Default] and [XML] are always
// there.
type PrefixID int32

const (
	Default PrefixID = iota // no prefix: the default namespace
	XML                     // the prefix xml
)

const unbound = -1

// A prefix is a declared prefix, with its innermost binding.
type prefix struct {
	name []byte
	top  int32 // index of its innermost binding, or unbound
}

// A binding ties a prefix to a namespace name from a start tag to its end tag.
type binding struct {
	id       PrefixID
	uri      []byte
	shadowed int32 // the binding of the same prefix outside, or unbound
	depth    int32 // of the element that declares it
}

// namespaces is the stack of bindings. Looking up a prefix costs the same however many
// are in scope.
type namespaces struct {
	prefixes []prefix
	index    map[string]PrefixID // used once there are more than few prefixes
	bindings []binding
}

// few is up to how many prefixes comparing beats hashing.
const few = 8

func (n *namespaces) reset() {
	n.prefixes = append(n.prefixes[:0], prefix{top: unbound}, prefix{name: xmlPrefix, top: unbound})
	n.bindings = n.bindings[:0]
	n.index = nil
	n.bind(XML, xmlName, 0)
}

// find returns the number of a prefix; ok is false where it was never declared.
func (n *namespaces) find(name []byte) (id PrefixID, ok bool) {
	if len(n.prefixes) <= few {
		for i := range n.prefixes {
			if bytes.Equal(n.prefixes[i].name, name) {
				return PrefixID(i), true
			}
		}
		return 0, false
	}
	if len(name) == 0 {
		return Default, true
	}
	id, ok = n.index[string(name)]
	return id, ok
}

// add returns the number of a prefix, giving it one if need be.
func (n *namespaces) add(name []byte) PrefixID {
	if id, ok := n.find(name); ok {
		return id
	}
	id := PrefixID(len(n.prefixes))
	n.prefixes = append(n.prefixes, prefix{name: name, top: unbound})
	switch {
	case len(n.prefixes) == few+1:
		if n.index == nil {
			n.index = make(map[string]PrefixID)
		}
		for i := XML; i <= id; i++ {
			n.index[string(n.prefixes[i].name)] = i
		}
	case len(n.prefixes) > few+1:
		n.index[string(name)] = id
	}
	return id
}

func (n *namespaces) bind(id PrefixID, uri []byte, depth int32) {
	p := &n.prefixes[id]
	n.bindings = append(n.bindings, binding{id: id, uri: uri, shadowed: p.top, depth: depth})
	p.top = int32(len(n.bindings) - 1)
}

// unbind ends the bindings beyond the first keep.
func (n *namespaces) unbind(keep int) {
	for len(n.bindings) > keep {
		last := n.bindings[len(n.bindings)-1]
		n.prefixes[last.id].top = last.shadowed
		n.bindings = n.bindings[:len(n.bindings)-1]
	}
}

// uri returns what a prefix is bound to, nil where it isn't.
func (n *namespaces) uri(id PrefixID) []byte {
	if top := n.prefixes[id].top; top != unbound {
		return n.bindings[top].uri
	}
	return nil
}

// isAbsolute reports whether a namespace name is an absolute URI in the characters of
// RFC 3986 (section 4.3), a fragment allowed. Square brackets are refused: parsers differ on them.
func isAbsolute(uri []byte) bool {
	colon := bytes.IndexByte(uri, ':')
	if colon < 1 || colon == len(uri)-1 {
		return false
	}
	for i, c := range uri[:colon] {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	if authority, there := bytes.CutPrefix(uri[colon+1:], []byte("//")); there && !isAuthority(authority) {
		return false
	}
	fragments := 0
	for i := colon + 1; i < len(uri); i++ {
		c := uri[i]
		if classes[c]&uriChar != 0 {
			continue
		}
		switch c {
		case '%':
			if i+2 >= len(uri) || digit(uri[i+1]) > 15 || digit(uri[i+2]) > 15 {
				return false
			}
		case '#':
			fragments++
		default:
			return false
		}
	}
	return fragments <= 1
}

// isAuthority reports whether what follows // begins with an authority: a port that is a
// number, and one @ at most (RFC 3986, 3.2). A port that is empty or too long for one is
// refused: parsers differ on them.
func isAuthority(uri []byte) bool {
	if end := bytes.IndexAny(uri, "/?#"); end >= 0 {
		uri = uri[:end]
	}
	if at := bytes.IndexByte(uri, '@'); at >= 0 {
		uri = uri[at+1:]
	}
	host, port, there := bytes.Cut(uri, []byte(":"))
	if bytes.IndexByte(host, '@') >= 0 || there && (len(port) < 1 || len(port) > 5) {
		return false
	}
	for _, c := range port {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
