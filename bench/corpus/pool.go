package corpus

import (
	"fmt"

	"turnkey-gateway/verifier"
)

// A Pool hands out messages that were made before, so that a load of many thousands a
// second costs no signatures. Each message differs from all others in its last bytes:
// blanks and line feeds after the root that spell its number. Those are outside what a
// signature covers, so two messages of a pool may have the same signed content.
//
// It is not safe for concurrent use.
type Pool struct {
	plan   *Plan
	ready  map[verifier.Reason][]Message
	number uint64
}

// Pool makes about n messages ahead, at least 4 of each reason in the mix.
func (p *Plan) Pool(n int) (*Pool, error) {
	pool := &Pool{plan: p, ready: make(map[verifier.Reason][]Message)}
	total := p.mix[len(p.mix)-1].upTo
	for _, s := range p.mix {
		for range max(4, int(float64(n)*(s.upTo-s.start)/total)) {
			m, err := p.make(s.want)
			if err != nil {
				return nil, fmt.Errorf("fill a pool: %w", err)
			}
			pool.ready[s.want] = append(pool.ready[s.want], m)
		}
	}
	return pool, nil
}

// Next returns a message of the plan's mix. The caller owns its bytes.
func (pool *Pool) Next() Message {
	m := pick(pool.plan.rng, pool.ready[pool.plan.drawReason()])
	m.XML = appendNumber(append(make([]byte, 0, len(m.XML)+64), m.XML...), pool.number)
	pool.number++
	return m
}

// appendNumber appends n's low 32 bits, a blank for 0 and a line feed for 1. White space
// may follow the root (XML 1.0 section 2.8), and canonicalisation drops it.
func appendNumber(doc []byte, n uint64) []byte {
	for bit := 31; bit >= 0; bit-- {
		doc = append(doc, " \n"[n>>bit&1])
	}
	return doc
}
