package corpus

import (
	"fmt"
	"math/rand/v2"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/signer"
)

// A Message is one upload and the judgement that it deserves.
type Message struct {
	Account string
	XML     []byte
	Want    verifier.Reason

	// Fault says what is wrong with it, or "good"; one of a fixed set of words.
	Fault string
}

// PlanConfig says which messages a plan makes.
type PlanConfig struct {
	Seed uint64

	// Mix is the share of each reason, in any unit; nil means DefaultMix.
	Mix map[verifier.Reason]float64

	// Sizes is what the messages weigh before faults add to it; nil means DefaultSizes.
	Sizes []Band
}

// DefaultMix is 85 % good messages and an equal share of every rejection.
func DefaultMix() map[verifier.Reason]float64 {
	rejections := verifier.Rejections()
	mix := map[verifier.Reason]float64{verifier.Verified: 0.85}
	for _, r := range rejections {
		mix[r] = 0.15 / float64(len(rejections))
	}
	return mix
}

// A Plan makes messages without end, each written and signed afresh: about 2 ms of one
// core for one, most of it RSA. It is not safe for concurrent use; plans of different
// seeds make different messages, and may share a corpus.
type Plan struct {
	corpus *Corpus
	rng    *rand.Rand
	sizes  []Band
	mix    []share
	faults map[verifier.Reason][]fault
	serial uint64
}

type share struct {
	want  verifier.Reason
	upTo  float64 // cumulated, of the last share's
	start float64
}

// Plan returns a new plan. It refuses a mix that holds a reason for which no fault is
// known, or nothing at all.
func (c *Corpus) Plan(cfg PlanConfig) (*Plan, error) {
	p := &Plan{corpus: c, rng: rand.New(rand.NewPCG(cfg.Seed, 2)), sizes: cfg.Sizes, faults: byReason()}
	if p.sizes == nil {
		p.sizes = DefaultSizes
	}
	mix := cfg.Mix
	if mix == nil {
		mix = DefaultMix()
	}
	var total float64
	for want := verifier.Reason(0); want <= verifier.Verified; want++ { // in order: a map's isn't repeatable
		part := mix[want]
		if part == 0 {
			continue
		}
		if part < 0 || len(p.faults[want]) == 0 {
			return nil, fmt.Errorf("plan messages: a share of %v for %v can't be made", part, want)
		}
		p.mix = append(p.mix, share{want: want, start: total, upTo: total + part})
		total += part
	}
	if total == 0 {
		return nil, fmt.Errorf("plan messages: the mix is empty")
	}
	return p, nil
}

// Next makes the next message.
func (p *Plan) Next() (Message, error) { return p.make(p.drawReason()) }

func (p *Plan) drawReason() verifier.Reason {
	last := p.mix[len(p.mix)-1]
	at := p.rng.Float64() * last.upTo
	for _, s := range p.mix {
		if at < s.upTo {
			return s.want
		}
	}
	return last.want
}

// make makes a message that deserves want.
func (p *Plan) make(want verifier.Reason) (Message, error) {
	f := pick(p.rng, p.faults[want])
	m, err := p.commit(f)
	if err != nil {
		return Message{}, fmt.Errorf("make a message with fault %q: %w", f.name, err)
	}
	return m, nil
}

// A job is a message on its way from draft to upload.
type job struct {
	account string
	sender  *party
	signer  *signer.Signer // nil leaves it unsigned
	named   []byte         // a certificate's DER that KeyInfo names instead of the signer's
	draft   draft
}

// commit makes a message with that fault.
func (p *Plan) commit(f fault) (Message, error) {
	sender, certificate := p.holder(f.holds)
	j := job{account: sender.Account, sender: sender, signer: sender.signers[certificate], draft: p.draft(sender)}
	if f.prepare != nil {
		f.prepare(p, &j)
	}
	doc := j.draft.write(p.rng)
	if j.signer != nil {
		var err error
		if doc, err = j.signer.Sign(doc); err != nil {
			return Message{}, err
		}
	}
	if f.edit != nil {
		var err error
		if doc, err = f.edit(p.rng, doc, &j); err != nil {
			return Message{}, err
		}
	}
	return Message{Account: j.account, XML: doc, Want: f.want, Fault: f.name}, nil
}

// holder draws a party that has a signing certificate of which holds is true, and that
// certificate's index.
func (p *Plan) holder(holds func(Certificate, time.Time) bool) (*party, int) {
	first := p.rng.IntN(len(p.corpus.parties))
	for i := range p.corpus.parties {
		sender := p.corpus.parties[(first+i)%len(p.corpus.parties)]
		var fit []int
		for n, c := range sender.Certificates {
			if holds(c, p.corpus.now) {
				fit = append(fit, n)
			}
		}
		if len(fit) > 0 {
			return sender, pick(p.rng, fit)
		}
	}
	panic("corpus: no sample party has such a certificate") // the samples are fixed, and tested
}

// draft drafts a good message of the kind that such a party sends.
func (p *Plan) draft(sender *party) draft {
	p.serial++
	d := draft{
		code:    "N5101",
		number:  fmt.Sprintf("SMPL%s%010d", sender.sample.businessID, p.serial),
		office:  pick(p.rng, offices),
		written: p.corpus.now.Add(time.Duration(p.serial%3600) * -time.Second),
		size:    drawSize(p.rng, p.sizes),
		style:   sender.style,
	}
	switch sender.sample.usageType {
	case registry.CarrierUse, registry.AirlineUse, registry.WarehouseUse:
	default:
		d.code = pick(p.rng, []string{"N5203", "NX5105", "N5135"})
		d.number = declarationNumber(d.office, d.written.Year(), boxOr(sender, "Z99"), p.serial)
	}
	d.claims = claimsOf(sender, d.code, pick(p.rng, clients))
	return d
}
