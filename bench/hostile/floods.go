package hostile

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/segmentio/kafka-go/compress"

	"turnkey-gateway/ingest"
	"turnkey-gateway/verifier"
)

// Tiny makes n loads of so many records each: a few bytes up to 200, garbage and unsigned
// documents by turns. Account names the sender of the i-th record of all.
func Tiny(seed uint64, n, records int, account func(i int) string) ([]Load, error) {
	rng := rand.New(rand.NewPCG(seed, 3))
	loads := make([]Load, n)
	for l := range loads {
		parts := make([]part, records)
		for i := range parts {
			r := Record{Key: []byte(account(l*records + i))}
			if i%2 == 0 {
				r.Value = fmt.Appendf(nil, "<a>%s</a>", strings.Repeat("x", rng.IntN(190)))
				parts[i] = rejected(r, verifier.Unsigned)
				continue
			}
			r.Value = make([]byte, 1+rng.IntN(200))
			for b := range r.Value {
				r.Value[b] = byte(rng.Uint32())
			}
			r.Value[0] = 'x' // no document begins so
			parts[i] = rejected(r, verifier.MalformedXML)
		}
		var err error
		if loads[l], err = load("tiny", compress.None, parts...); err != nil {
			return nil, err
		}
	}
	return loads, nil
}

// One makes a load of one document that is to be judged so.
func One(account string, xml []byte, want verifier.Reason) (Load, error) {
	p := part{Record: Record{Key: []byte(account), Value: xml}, kind: ingest.Rejected, reason: want.String()}
	if want == verifier.Verified {
		p.kind = ingest.Verified
	}
	return load(want.String(), compress.None, p)
}

// Many is One for several documents of different accounts in one batch.
func Many(accounts []string, xml [][]byte, want verifier.Reason) (Load, error) {
	parts := make([]part, len(xml))
	for i := range parts {
		parts[i] = rejected(Record{Key: []byte(accounts[i]), Value: xml[i]}, want)
	}
	return load(want.String(), compress.None, parts...)
}
