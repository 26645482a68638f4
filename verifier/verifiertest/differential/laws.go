package differential

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/verifiertest/grammar"
	"turnkey-gateway/verifier/verifiertest/oracle"
)

// A trial is one seed under way.
type trial struct {
	*Runner
	seed     uint64
	mutation int
	change   string
	document []byte // the one on trial
	counts   Counts
	findings []Finding
}

// find notes that a law was broken that no oracle is needed for.
func (t *trial) find(law, format string, args ...any) {
	t.counts.Laws++
	t.note(law, fmt.Sprintf(format, args...))
}

func (t *trial) note(law, what string) {
	t.findings = append(t.findings, Finding{Seed: t.seed, Mutation: t.mutation, Change: t.change, Law: law, What: what, Document: t.document})
}

// original tries a signed document as it is, and returns the signed octets.
func (t *trial) original(d *grammar.Document) []byte {
	t.take(d.Text)
	s := t.senders[d.Key]
	wide := judge(t.interop, d.Text, s)
	if !wide.Verified() {
		t.find("3, a signed document is verified", "interop: %v: %s", wide.Reason(), wide.Detail().JSON())
		return nil
	}
	if narrow := judge(t.cpt, d.Text, s); d.Profile == "cpt" && !narrow.Verified() {
		t.find("3, a signed document is verified", "cpt: %v: %s", narrow.Reason(), narrow.Detail().JSON())
	}
	t.verified("signature", d.Key)
	t.forms(2)
	return wide.SignedBytes()
}

func (t *trial) take(doc []byte) {
	t.document = doc
	t.counts.Octets += int64(len(doc))
}

// changed tries the current change of a document.
func (t *trial) changed(d *grammar.Document, signed []byte) {
	m := d.Mutate(t.mutation)
	t.change = m.Name
	t.take(m.Text)
	s := t.senders[d.Key]
	wide, narrow := judge(t.interop, m.Text, s), judge(t.cpt, m.Text, s)
	t.tell(&m, wide)
	if narrow.Verified() && !wide.Verified() {
		t.find("2, interop takes what cpt takes", "interop: %v: %s", wide.Reason(), wide.Detail().JSON())
	}
	if m.Keeps != "" && !wide.Verified() || m.Keeps == "cpt" && d.Profile == "cpt" && !narrow.Verified() {
		t.find("5, a respelling is verified as before", "interop: %v: %s; cpt: %v: %s", wide.Reason(), wide.Detail().JSON(), narrow.Reason(), narrow.Detail().JSON())
	}
	if octets := wide.SignedBytes(); wide.Verified() && !m.Resigned && !bytes.Equal(octets, signed) {
		t.find("4, a change that is verified has the same octets", "signed were\n%q\nverified are\n%q", signed, octets)
	}
	switch wide.Reason() {
	case verifier.Verified:
		t.verified("signature", d.Key)
		if m.Keeps != "" {
			return // whatever the octets of all its forms are, it has those of the original
		}
	case verifier.DigestMismatch, verifier.SignatureMismatch:
		// Others are given the document's key: another's, to which KeyInfo may lead here,
		// is not what they verify with.
		if used := wide.Used(); used != nil && bytes.Equal(used.DER(), d.Key.DER) {
			t.refused(d.Key)
		}
	}
	if wide.Reason() > verifier.TooLarge {
		t.forms(1)
	}
}

// tell counts a mutation.
func (t *trial) tell(m *grammar.Mutation, v verifier.Verdict) {
	t.counts.Mutations++
	var fate Fate
	if v.Verified() {
		t.counts.Accepted++
		fate.Accepted++
	} else {
		count(&t.counts.Refused, v.Reason().String())
		fate.Refused++
	}
	t.counts.tell(m.Name, fate)
}

func judge(e *verifier.Engine, doc []byte, s verifier.Sender) verifier.Verdict {
	return e.Read(doc).Judge(s, verifier.Moment{Received: grammar.Now, Decided: grammar.Now})
}

// forms holds n canonical forms of the document against those of all oracles. What has
// none here is not asked for: refusing more is allowed.
func (t *trial) forms(n int) {
	s := rand.New(rand.NewPCG(t.seed, uint64(t.mutation)))
	for range n {
		q := question(s)
		q.Document = t.document
		if _, err := (oracle.Own{}).Canonicalize(q); err != nil {
			continue
		}
		for _, o := range t.Oracles {
			t.canonical(o, q)
		}
	}
}

// question returns one of the requests for canonical forms.
func question(s *rand.Rand) oracle.Request {
	q := oracle.Request{Options: c14n.Options{Method: c14n.Method(s.IntN(3)), Comments: s.IntN(2) == 0}}
	if q.Options.Method == c14n.Exclusive {
		for range s.IntN(4) {
			q.Options.PrefixList = append(q.Options.PrefixList, grammar.Prefix(s))
		}
	}
	switch s.IntN(4) {
	case 0:
	case 1:
		q.Apex = "SignedInfo"
	default:
		q.Unsigned = true
	}
	return q
}

// canonical holds one canonical form against an oracle's, and reports whether they are
// the same.
func (t *trial) canonical(o Oracle, q oracle.Request) bool {
	return t.put("canonical", "1, the canonical form is the same", Case{Oracle: o, request: &q})
}

// verified holds a document that is verified here against all oracles.
func (t *trial) verified(question string, k *grammar.Key) {
	for _, o := range t.Oracles {
		t.put(question, "2, what is verified here is elsewhere", Case{Oracle: o, key: k.Public})
	}
	t.opinion(question, k, true)
}

// refused asks whether others refuse what does not hold here.
func (t *trial) refused(k *grammar.Key) {
	for _, o := range t.Oracles {
		_, err := o.Verify(k.Public, t.document)
		y := Tally{Asked: 1}
		switch {
		case errors.Is(err, oracle.ErrFailed):
			y.Failed++
		case err != nil:
			y.Agreed++
		default:
			if names := laxer(&Case{Oracle: o, Document: t.document}); names != "" {
				count(&y.Listed, names)
				break
			}
			y.Differed++
			t.note("6, what does not hold here does not elsewhere", o.Name()+" verifies it")
		}
		t.counts.answer(o.Name()+", refusal", y)
	}
	t.opinion("refusal", k, false)
}

// put asks an oracle about the document, counts the answer, and notes a disagreement that
// is not listed. It reports whether they agree.
func (t *trial) put(question, law string, c Case) bool {
	y := Tally{Asked: 1}
	at, err := c.ask(t.document)
	switch {
	case errors.Is(err, oracle.ErrFailed):
		y.Failed++
	case err != nil:
		y.Differed++
		t.note(law, c.Oracle.Name()+": "+err.Error())
	case at == nil:
		y.Agreed++
	default:
		if names := explain(at); names != "" {
			count(&y.Listed, names)
			break
		}
		y.Differed++
		t.note(law, about(at)+": "+at.difference())
	}
	t.counts.answer(c.Oracle.Name()+", "+question, y)
	return y.Agreed == 1
}

func about(c *Case) string {
	if q := c.request; q != nil {
		return fmt.Sprintf("%s of %s, comments %v, prefixes %q, apex %q, unsigned %v", c.Oracle.Name(), q.Options.Method, q.Options.Comments, q.Options.PrefixList, q.Apex, q.Unsigned)
	}
	return c.Oracle.Name()
}
