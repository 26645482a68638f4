package verifier

import (
	"iter"

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
	var room [abreast]*reading
	group := room[:len(docs)]
	for i := range group {
		group[i] = e.readings.Get().(*reading)
	}
	scanAll(group, docs)
	jobs := group[0].jobs[:0]
	for _, r := range group {
		jobs = r.appendJobs(jobs)
	}
	sha256x2.Do(jobs)
	rest := jobs
	for i, r := range group {
		rest = r.finish(rest)
		ms[i] = r.m
		r.release()
	}
	clear(jobs)
	group[0].jobs = jobs
	for _, r := range group {
		e.readings.Put(r)
	}
}

// scanAll scans each document: those that are too large for their canonical forms to be
// held two at a time, so that these are digested two at a time too.
func scanAll(group []*reading, docs [][]byte) {
	waits := none
	for i, doc := range docs {
		switch {
		case len(doc) <= held:
			group[i].scan(doc)
		case waits == none:
			waits = i
		default:
			scanTwo(group[waits], group[i], docs[waits], doc)
			waits = none
		}
	}
	if waits != none {
		group[waits].scan(docs[waits])
	}
}

// scanTwo scans two documents in turn: each until it has octets to be digested, which are
// then taken in together. What one has left when the other is over it takes in alone.
func scanTwo(a, b *reading, docA, docB []byte) {
	nextA, stopA := iter.Pull(a.octets(docA))
	defer stopA()
	nextB, stopB := iter.Pull(b.octets(docB))
	defer stopB()
	p, moreA := nextA()
	q, moreB := nextB()
	for moreA && moreB {
		n := min(len(p), len(q))
		sha256x2.WriteBoth(&a.sum.stream, &b.sum.stream, p[:n], q[:n])
		if p = p[n:]; len(p) == 0 {
			p, moreA = nextA()
		}
		if q = q[n:]; len(q) == 0 {
			q, moreB = nextB()
		}
	}
	for ; moreA; p, moreA = nextA() {
		a.sum.stream.Write(p)
	}
	for ; moreB; q, moreB = nextB() {
		b.sum.stream.Write(q)
	}
}

// octets scans the document and yields its canonical octets instead of digesting them; what
// the canonicaliser still has at the end, finish digests.
func (r *reading) octets(doc []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		r.sum.yield = yield
		defer func() { r.sum.yield = nil }()
		r.scan(doc)
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
