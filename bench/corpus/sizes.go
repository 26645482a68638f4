package corpus

import (
	"math"
	"math/rand/v2"
)

// A Band is a share of the messages and the bytes they have, evenly spread over the
// logarithm.
type Band struct {
	Share    float64
	From, To int // bytes
}

// DefaultSizes is an assumption: mostly small declarations, some manifests. The mean
// is about 11 KB.
var DefaultSizes = []Band{
	{0.80, 3_200, 8_000},
	{0.15, 8_000, 30_000},
	{0.04, 30_000, 100_000},
	{0.01, 100_000, 300_000},
}

// drawSize returns a message's size in bytes, its signature included.
func drawSize(rng *rand.Rand, bands []Band) int {
	var total float64
	for _, b := range bands {
		total += b.Share
	}
	at := rng.Float64() * total
	for _, b := range bands {
		if at -= b.Share; at < 0 {
			return int(float64(b.From) * math.Pow(float64(b.To)/float64(b.From), rng.Float64()))
		}
	}
	return bands[len(bands)-1].To // rounding left nothing over
}
