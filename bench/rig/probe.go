package rig

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/verifier"
)

// probeEvery is the time between probes, and so how closely a change is timed.
const probeEvery = 10 * time.Millisecond

// Probes send the same small message of one account again and again, to see when the
// gateway judges it otherwise. They are in no plan: while a change is under way, either
// judgement is right.
type Probes struct {
	account  string
	uploader *Uploader // with a ledger of its own, which checks nothing

	mu      sync.Mutex
	sent    uint64
	waiting map[[sha256.Size]byte]chan<- verifier.Reason
}

// NewProbes returns probes that send through up, whose ledger nobody else uses.
func NewProbes(account string, up *Uploader) *Probes {
	return &Probes{account: account, uploader: up, waiting: make(map[[sha256.Size]byte]chan<- verifier.Reason)}
}

// Until sends a message every 10 ms until one is judged as wanted. A judgement that is
// neither that nor a tolerated one is an error.
func (p *Probes) Until(ctx context.Context, message []byte, want verifier.Reason, tolerated ...verifier.Reason) error {
	answers := make(chan verifier.Reason, 1)
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		if err := p.send(ctx, message, answers); err != nil {
			return err
		}
		select {
		case got := <-answers:
			if got == want {
				return nil
			}
			if !slices.Contains(tolerated, got) {
				return fmt.Errorf("judged %v while %v was due", got, want)
			}
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("no message was judged %v in time: %w", want, ctx.Err())
		}
	}
}

// send sends a copy of the message that differs from all others in the white space after
// its root, which no signature covers.
func (p *Probes) send(ctx context.Context, message []byte, answers chan<- verifier.Reason) error {
	p.mu.Lock()
	p.sent++
	copied := append(bytes.Clone(message), InBlanks(p.sent)...)
	p.waiting[sha256.Sum256(copied)] = answers
	p.mu.Unlock()
	return p.uploader.Send(ctx, corpus.Message{Account: p.account, XML: copied})
}

// InBlanks writes a number in blanks and line feeds, which no signature covers after the root.
func InBlanks(n uint64) (text []byte) {
	for ; n > 0; n >>= 1 {
		text = append(text, " \n"[n&1])
	}
	return text
}

// Take takes an outcome if it is a probe's.
func (p *Probes) Take(o Outcome) bool {
	key := sha256.Sum256(o.Value)
	p.mu.Lock()
	defer p.mu.Unlock()
	answers, ours := p.waiting[key]
	if !ours {
		return false
	}
	delete(p.waiting, key)
	select {
	case answers <- o.Reason:
	default: // nobody waits any more, or a later answer will do
	}
	return true
}
