package xmltext

// A Mark is a place in a document, an element's start, with what was declared around
// it, so that the element can be read again without what stands before it. It is good
// as long as the tokenizer that made it isn't reset.
type Mark struct {
	offset   int
	prefixes []prefix
	bindings []binding
	xml      []Attr
}

// Mark fills m with the place of the current Start. It reuses what m holds.
func (t *Tokenizer) Mark(m *Mark) {
	m.offset = t.Begin
	m.prefixes = append(m.prefixes[:0], t.space.prefixes...)
	m.bindings = append(m.bindings[:0], t.space.bindings[:t.open[len(t.open)-1].bindings]...)
	m.xml = append(m.xml[:0], t.Inherited()...)
}

// Release lets go of the document.
func (m *Mark) Release() {
	m.prefixes, m.bindings, m.xml = Forget(m.prefixes), Forget(m.bindings), Forget(m.xml)
}

// Resume makes t read the one element at m, in a document already found well-formed.
// [Tokenizer.Depth] counts from that element, and EOF follows its end. Offsets are those
// of the document.
func (t *Tokenizer) Resume(doc []byte, m *Mark, limits Limits) {
	t.begin(doc, m.offset, limits)
	t.fragment = true
	t.space.reset()
	for _, b := range m.bindings {
		if b.id != XML {
			t.space.bind(t.space.add(m.prefixes[b.id].name), b.uri, 0)
		}
	}
	for _, a := range m.xml {
		a.depth = 0
		t.xml = append(t.xml, a)
	}
}

// AppendAround appends what is around the element: equal texts mean that the same prefixes
// are bound to the same namespaces and the same xml:* attributes are inherited. No part of
// it holds a control character other than white space.
func (m *Mark) AppendAround(dst []byte) []byte {
	for i := range m.bindings {
		b := &m.bindings[i]
		dst = append(append(dst, m.prefixes[b.id].name...), 0)
		dst = append(append(dst, b.uri...), 0)
	}
	for i := range m.xml {
		a := &m.xml[i]
		dst = append(append(dst, 1), a.Name.Local...)
		dst = append(append(dst, 1), a.Raw...)
	}
	return dst
}

// Pass goes on behind the end of the current element, a start tag, whose end tag ends there.
// The element was read before, around the same: it is known to be well-formed, and to hold
// so many elements and attributes, nested so deep with itself. The current token is its End
// then. It returns false, and does nothing, where that might be beyond a limit.
func (t *Tokenizer) Pass(end, elements, attributes, depth int) bool {
	if t.emptyTag || t.elements+elements > t.limits.Elements || t.attributes+attributes > t.limits.AllAttributes ||
		len(t.open)+depth-1 > t.limits.Depth {
		return false
	}
	t.elements += elements
	t.attributes += attributes
	t.Begin, t.Finish, t.pos = end, end, end
	t.Kind = t.close()
	return true
}

// Counts returns how many elements and attributes were met so far.
func (t *Tokenizer) Counts() (elements, attributes int) { return t.elements, t.attributes }
