package grammar

import (
	"math/rand/v2"
	"strings"
)

// A source is where choices come from.
type source struct{ *rand.Rand }

func newSource(seed, stream uint64) source { return source{rand.New(rand.NewPCG(seed, stream))} }

// oneIn is true once in n times.
func (s source) oneIn(n int) bool { return s.IntN(n) == 0 }

// between returns a number from low to high, both included.
func (s source) between(low, high int) int { return low + s.IntN(high-low+1) }

func pick[T any](s source, from []T) T { return from[s.IntN(len(from))] }

// repeated joins low to high pieces.
func (s source) repeated(low, high int, piece func() string) string {
	var b strings.Builder
	for range s.between(low, high) {
		b.WriteString(piece())
	}
	return b.String()
}
