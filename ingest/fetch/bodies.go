package fetch

import "sync"

// bodies keeps the memory of responses for later ones. To get a megabyte from the runtime
// costs what reading it does: it is cleared first, and collected later.
type bodies struct{ kept sync.Pool } // of *[]byte

// Only large bodies are kept, since small ones cost little, but not the largest: what is kept
// counts nowhere, and a few of 100 MB are more than a gateway may take. Their capacity is a
// multiple of a step, and one that is taken again is at most that much and an eighth too
// large, so that a response takes hardly more memory than was reserved for it.
const (
	leastKept = 128 << 10
	mostKept  = 8 << 20
	keptStep  = 64 << 10
)

// take returns memory of a size, with whatever was in it.
func (b *bodies) take(size int) []byte {
	if size < leastKept || size > mostKept {
		return make([]byte, size)
	}
	if kept, ok := b.kept.Get().(*[]byte); ok {
		if n := cap(*kept); n >= size && n <= size+size/8+keptStep {
			return (*kept)[:size]
		}
	}
	return make([]byte, size, (size+keptStep-1)/keptStep*keptStep)
}

// give takes memory that nobody uses any more.
func (b *bodies) give(body []byte) {
	spoil(body)
	if n := cap(body); n >= leastKept && n <= mostKept {
		b.kept.Put(&body)
	}
}
