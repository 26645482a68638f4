package embedded

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/verifier"
)

const (
	documents = 500 // signed ahead, and sent again and again
	holders   = 24  // accounts whose certificate changes
)

// A kit is what all trials of a process share, since signing takes time: documents with
// what they deserve, and certificates that a trial may register and revoke.
type kit struct {
	corpus   *corpus.Corpus
	messages []corpus.Message
	engine   *verifier.Engine

	accounts []string               // of the holders
	holders  map[string]*rig.Holder // by account

	panics   []byte // judging it panics
	oversize []byte // unsigned, and larger than tightLimit
}

// tightLimit is what an output takes that takes less than its settings say. All documents
// of the corpus are smaller.
const tightLimit = 80 << 10

// panicMark is in a document on which the engine panics.
const panicMark = "<!-- panic -->"

var newKit = sync.OnceValues(func() (*kit, error) {
	now := time.Now()
	c, err := corpus.New(1, now)
	if err != nil {
		return nil, err
	}
	k := &kit{corpus: c, holders: make(map[string]*rig.Holder)}
	rejections := verifier.Rejections()
	mix := map[verifier.Reason]float64{verifier.Verified: 0.6}
	for _, r := range rejections {
		mix[r] = 0.4 / float64(len(rejections))
	}
	plan, err := c.Plan(corpus.PlanConfig{Seed: 1, Mix: mix, Sizes: []corpus.Band{{Share: 1, From: 1_000, To: 3_000}}})
	if err != nil {
		return nil, err
	}
	for range documents {
		m, err := plan.Next()
		if err != nil {
			return nil, err
		}
		k.messages = append(k.messages, m)
	}
	for i := range holders {
		account := fmt.Sprintf("changing-%02d@example.com", i)
		if k.holders[account], err = rig.NewHolder(now.Add(time.Duration(i) * time.Second)); err != nil {
			return nil, err
		}
		k.accounts = append(k.accounts, account)
	}
	k.panics = []byte("<Declaration>" + panicMark + "</Declaration>")
	k.oversize = []byte("<Declaration>" + strings.Repeat("<Item>1</Item>", tightLimit/14+1) + "</Declaration>")
	profile, err := verifier.ProfileNamed("cpt")
	if err != nil {
		return nil, err
	}
	k.engine, err = verifier.New(verifier.Config{Profile: profile, Claims: verifier.DefaultClaims()})
	return k, err
})

// A reader is the engine as one gateway has it.
type reader struct {
	engine *verifier.Engine
	p      *process
}

func (r reader) ReadAll(docs [][]byte) []*verifier.Message {
	r.p.pass(place{callRead, false})
	r.p.gate() // a killed gateway may read on: nobody hears of it
	for _, doc := range docs {
		if bytes.Contains(doc, []byte(panicMark)) {
			panic("as the schedule wants it")
		}
	}
	return r.engine.ReadAll(docs)
}
