package xmltext

import "math"

// Limits bound what is read. Zero means the default.
type Limits struct {
	// Bytes is the largest document, in bytes. Default 16 MiB, at most 2 GiB - 1.
	Bytes int

	// Depth is how deep elements may nest. Default 1,000.
	Depth int

	// Elements is how many elements a document may hold. Default 400,000.
	Elements int

	// Attributes is how many one start tag may hold, namespace declarations among
	// them. Default 1,000.
	Attributes int

	// AllAttributes is how many the document may hold. Default 2,000,000.
	AllAttributes int

	// Namespaces is how many declarations may be in scope at once, hidden ones among
	// them, and how many xml:* attributes, which are inherited likewise. Default 1,000.
	Namespaces int

	// Name is the longest name and the longest namespace name, in bytes. Default 1,024.
	Name int

	// Value is the longest attribute value as written, in bytes. Default 65,536. Texts
	// are bounded by Bytes alone.
	Value int
}

// WithDefaults returns l with each zero replaced by its default.
func (l Limits) WithDefaults() Limits {
	set := func(field *int, value int) {
		if *field <= 0 {
			*field = value
		}
	}
	set(&l.Bytes, 16<<20)
	set(&l.Depth, 1_000)
	set(&l.Elements, 400_000)
	set(&l.Attributes, 1_000)
	set(&l.AllAttributes, 2_000_000)
	set(&l.Namespaces, 1_000)
	set(&l.Name, 1_024)
	set(&l.Value, 65_536)
	// Offsets are kept in 32 bits.
	l.Bytes = min(l.Bytes, math.MaxInt32)
	return l
}
