package differential

import (
	"turnkey-gateway/verifier/secondopinion"
	"turnkey-gateway/verifier/verifiertest/grammar"
)

// Goxmldsig is the name of the oracle that runs in process. It has no canonical forms of
// its own to compare: package secondopinion knows where they are wrong.
const Goxmldsig = "goxmldsig"

// opinion asks goxmldsig whether the key signed the document.
func (t *trial) opinion(question string, k *grammar.Key, signed bool) {
	y := Tally{Asked: 1}
	o := secondopinion.Check(t.document, k.Certificate, grammar.Now, secondopinion.Limits{})
	switch o.On(signed) {
	case secondopinion.Agrees:
		y.Agreed++
	case secondopinion.Skipped:
		count(&y.Skipped, string(o.Skipped))
	default:
		y.Differed++
		law := "2, what is verified here is elsewhere"
		if !signed {
			law = "6, what does not hold here does not elsewhere"
		}
		what := "goxmldsig verifies it"
		if o.Err != nil {
			what = "goxmldsig says " + o.Err.Error()
		}
		t.note(law, what)
	}
	t.counts.answer(Goxmldsig+", "+question, y)
}
