//go:build !amd64 || purego

package xmltext

const hasChart = false

// fill charts a stretch that ends with no character's beginning, and reports whether it
// holds Chars only. Else what it filled in means nothing.
func (c *chart) fill(stretch []byte) bool { return c.fillIfChars(stretch) }
