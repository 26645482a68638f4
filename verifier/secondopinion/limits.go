package secondopinion

// Limits bound what is shown to goxmldsig, which has no bounds of its own. Zero means the
// default. Within the defaults an opinion takes some 0.1 s of one core at most, and
// allocates 55 MB (BenchmarkCheck); on a message of a few KB, 0.2 ms and 90 KB.
type Limits struct {
	// Bytes is the largest document. Default 1 MiB.
	Bytes int

	// Depth is how deep elements may nest. Default 100.
	Depth int

	// Elements is how many elements a document may hold. Default 20,000.
	Elements int

	// Copies is how often a node, an attribute or a binding of a prefix may be copied.
	// goxmldsig copies an element with all that is in it once for every element around
	// it, and for each element the bindings in scope. Default 400,000.
	Copies int
}

// WithDefaults returns l with each zero replaced by its default.
func (l Limits) WithDefaults() Limits {
	set := func(field *int, value int) {
		if *field <= 0 {
			*field = value
		}
	}
	set(&l.Bytes, 1<<20)
	set(&l.Depth, 100)
	set(&l.Elements, 20_000)
	set(&l.Copies, 400_000)
	return l
}
