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
