package verifier

import (
	"turnkey-gateway/verifier/pkcs1"
	"turnkey-gateway/verifier/sha256x2"
)

// abreast is how many documents are under way at once in a batch: as many as pkcs1 verifies
// in lockstep. Their canonical forms stay in the processor's second cache meanwhile.
const abreast = 8

// ReadAll is Read of each document. It takes less time: SHA-256 is computed of two documents
// at a time. A message never depends on the documents beside its own.
func (e *Engine) ReadAll(docs [][]byte) []*Message {
	ms := make([]*Message, len(docs))
	for begin := 0; begin < len(docs); begin += abreast {
		end := min(begin+abreast, len(docs))
		e.readGroup(docs[begin:end], ms[begin:end])
	}
	return ms
}

func (e *Engine) readGroup(docs [][]byte, ms []*Message) {
	var group [abreast]*reading
	first := e.readings.Get().(*reading)
	jobs := first.jobs[:0]
	for i, doc := range docs {
		r := first
		if i > 0 {
			r = e.readings.Get().(*reading)
		}
		group[i] = r
		r.scan(doc)
		jobs = r.appendJobs(jobs)
	}
	sha256x2.Do(jobs)
	rest := jobs
	for i, r := range group[:len(docs)] {
		rest = r.finish(rest)
		ms[i] = r.m
		r.release()
	}
	clear(jobs)
	first.jobs = jobs
	for _, r := range group[:len(docs)] {
		e.readings.Put(r)
	}
}

// A Case is a message to be judged, see [Message.Judge].
type Case struct {
	Message *Message
	Sender  Sender
	At      Moment
}

// JudgeAll is Judge of each case. It takes less time: signature values are verified
// together, see pkcs1.Verify. A verdict never depends on the cases beside its own.
func JudgeAll(cases []Case) []Verdict {
	verdicts := make([]Verdict, len(cases))
	for begin := 0; begin < len(cases); begin += abreast {
		end := min(begin+abreast, len(cases))
		judgeGroup(cases[begin:end], verdicts[begin:end])
	}
	return verdicts
}

func judgeGroup(cases []Case, verdicts []Verdict) {
	var (
		group  [abreast]*judgement
		checks [abreast]pkcs1.Check
		ok     [abreast]bool
		asking [abreast]*judgement // those that the checks are of
		n      int
	)
	for i := range cases {
		c := &cases[i]
		j := judgements.Get().(*judgement)
		group[i] = j
		j.begin(c.Message, c.Sender, c.At)
		if certificate := j.asks(); certificate != nil {
			s := c.Message.signed
			if s.algorithm.scheme == rsaPKCS1 && certificate.key != nil {
				checks[n] = pkcs1.Check{Key: certificate.key, Hash: s.algorithm.hash, Digest: s.sum.bytes(), Signature: s.value}
				asking[n] = j
				n++
			} else {
				j.holds = certificate.signed(s.algorithm, s.sum.bytes(), s.value)
			}
		}
	}
	pkcs1.Verify(checks[:n], ok[:n])
	for i := range n {
		asking[i].holds = ok[i]
	}
	for i, j := range group[:len(cases)] {
		verdicts[i] = j.verdict()
		j.release()
	}
}
