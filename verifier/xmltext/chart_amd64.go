//go:build !purego

package xmltext

import "golang.org/x/sys/cpu"

//go:generate go run ./internal/chart -out chart_amd64.s -stubs chart_stubs_amd64.go -pkg xmltext

// hasChart says whether the processor can chart; chosen once, at the start.
var hasChart = cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VBMI && cpu.X86.HasBMI2

// fill charts a stretch that ends with no character's beginning, and reports whether it
// holds Chars only. Else what it filled in means nothing.
func (c *chart) fill(stretch []byte) bool {
	if !hasChart || len(stretch) == 0 {
		return c.fillIfChars(stretch)
	}
	return chartBytes512(&stretch[0], len(stretch), &stops, &c.maps[0][0])
}
