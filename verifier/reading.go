package verifier

import (
	"bytes"
	"crypto"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"errors"
	"fmt"
	"hash"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/sha256x2"
	"turnkey-gateway/verifier/xmltext"
)

// A refusal is why a document or its signature is refused in form.
type refusal struct {
	reason Reason
	what   string
	offset int // in the document; negative where it is about no place in it
}

// A reading is one pass over a document: the tokenizer's tokens go to the canonicaliser,
// to the gatherer, and while in the Signature to its grammar. It is reused.
type reading struct {
	engine *Engine
	m      *Message // what is being made
	doc    []byte

	t    xmltext.Tokenizer
	skim xmltext.Skim
	walk walker // over t
	mark xmltext.Mark
	g    gatherer
	over bool // t gave EOF or an error

	// The document is canonicalised as it is read, in the form that it will probably
	// turn out to be signed in; see guessed.
	c       c14n.Canonicalizer
	guess   guess
	sum     summer
	failed  error          // why there is no such form
	found   digest         // of that form
	covered digest         // by SHA-256
	jobs    []sha256x2.Job // see appendJobs

	refused    refusal
	signatures int
	parts      parts

	text, comment bool // met since the last tag
	split         int  // depth of a Signature with text right before it; 0 for none
	behind        bool // such a Signature ended, and no tag was met since
	outside       bool // an instruction stands outside the root

	stencils  stencils
	info      xmltext.Tokenizer // over the canonical SignedInfo
	infoWalk  walker            // over info
	canonical bounded           // the canonical SignedInfo
	ready     bool              // the Signature is acceptable in form: digests are wanted

	der        []byte        // the certificates of KeyInfo that aren't remembered
	undigested [1]undigested // room for parts.undigested
}

// parts are what the Signature holds, as written.
type parts struct {
	begin, finish int           // of the Signature in the document
	hasInfo       bool          // SignedInfo is there: reading.mark is its place
	info          span          // of SignedInfo
	method        canonicalForm // of SignedInfo, as far as it could be told
	digest        span          // of the content of the last DigestValue
	digests       int           // how many there are
	elements      int           // in SignedInfo, itself aside
	attributes    int           // in SignedInfo, its own aside
	stencil       *stencil      // that fits it; nil where it was read
	value         []byte        // decoded
	keyInfo       keyInfo
	undigested    []undigested
}

func newReading(e *Engine) *reading {
	r := &reading{engine: e, g: gatherer{engine: e}, sum: summer{hashes: make(map[crypto.Hash]hash.Hash)},
		canonical: bounded{most: maxCanonicalInfo}}
	r.skim.Local = "Signature"
	r.walk = walker{t: &r.t, next: r.next, refuse: r.refuse, offset: func() int { return r.t.Begin }}
	r.infoWalk = walker{t: &r.info, next: r.nextOfInfo, refuse: r.refuse, offset: func() int { return r.parts.begin }}
	return r
}

// release lets go of the document.
func (r *reading) release() {
	r.t.Release()
	r.skim.Release()
	r.c.Release()
	r.info.Release()
	r.mark.Release()
	r.g.reset()
	r.doc, r.m, r.parts, r.refused, r.undigested = nil, nil, parts{}, refusal{}, [1]undigested{}
	r.stencils.around = xmltext.Shed(r.stencils.around)
	r.canonical.Reset()
	if cap(r.der) > maxCertificateText {
		r.der = nil
	}
}

// refuse keeps the first refusal of those with the smallest reason.
func (r *reading) refuse(reason Reason, offset int, format string, args ...any) {
	if r.refused.reason == Unjudged || reason < r.refused.reason {
		r.refused = refusal{reason: reason, offset: offset, what: fmt.Sprintf(format, args...)}
	}
}

// read does all that is done before it is known who sent the document.
func (r *reading) read(doc []byte) *Message {
	r.scan(doc)
	r.jobs = r.appendJobs(r.jobs[:0])
	sha256x2.Do(r.jobs)
	r.finish(r.jobs)
	clear(r.jobs)
	return r.m
}

// scan is the pass over the document, and over its SignedInfo. Of digests it computes those
// that can't wait.
func (r *reading) scan(doc []byte) {
	r.begin(doc)
	for kind := r.next(); kind != xmltext.EOF; kind = r.next() {
		if kind == xmltext.Start && r.signatures == 1 && !r.parts.hasBegun() && isSignature(&r.t) {
			r.signature()
		}
		r.skimOn()
	}
	r.g.tell(r.m)
	switch {
	case r.signatures == 0:
		r.refuse(Unsigned, -1, "there is no {%s}Signature element", c14n.SignatureNamespace)
	case r.signatures > 1:
		r.refuse(AmbiguousSignature, -1, "there are %d Signature elements", r.signatures)
	case r.parts.hasInfo && (r.refused.reason == Unjudged || r.refused.reason > ProfileViolation):
		r.readInfo()
	}
}

// appendJobs appends the texts whose SHA-256 finish needs: they are computed two at a time,
// with those of other documents where there are some.
func (r *reading) appendJobs(jobs []sha256x2.Job) []sha256x2.Job {
	if r.ready {
		if octets, all := r.c.Held(); all {
			jobs = append(jobs, sha256x2.Job{Text: octets})
		}
		if r.m.room.signed.algorithm.hash == crypto.SHA256 {
			jobs = append(jobs, sha256x2.Job{Text: r.canonical.Bytes()})
		}
	}
	for _, u := range r.parts.undigested {
		jobs = append(jobs, sha256x2.Job{Text: r.der[u.der.begin:u.der.finish]})
	}
	return jobs
}

// finish takes the jobs of appendJobs, done, and completes the message. It returns the jobs
// that are left.
func (r *reading) finish(jobs []sha256x2.Job) []sha256x2.Job {
	next := func() digest {
		d := digestFrom(jobs[0].Sum)
		jobs = jobs[1:]
		return d
	}
	if r.ready {
		octets, all := r.c.Held()
		if all {
			r.failed, r.covered = nil, next()
			if r.found = r.covered; r.guess.hash != crypto.SHA256 {
				r.found = r.sum.digestOf(r.guess.hash, octets)
			}
		} else {
			r.failed = r.c.Close()
			r.found, r.covered = r.sum.sum(r.guess.hash), r.sum.sum(crypto.SHA256)
		}
		var info digest
		if by := r.m.room.signed.algorithm.hash; by == crypto.SHA256 {
			info = next()
		} else {
			info = r.sum.digestOf(by, r.canonical.Bytes())
		}
		r.signed(info)
	}
	for _, u := range r.parts.undigested {
		d := next()
		r.parts.keyInfo.hints.Fingerprints[u.hint] = d.sha256()
		if u.text != "" {
			r.engine.known.keep(&fingerprinted{u.text, d.sha256()})
		}
	}
	r.m.refused = r.refused
	return jobs
}

func (r *reading) begin(doc []byte) {
	r.m = &Message{engine: r.engine, doc: doc}
	r.doc = doc
	r.over, r.signatures, r.text, r.comment, r.outside = false, 0, false, false, false
	r.split, r.behind = 0, false
	r.t.Reset(doc, r.engine.limits)
	r.g.reset()
	r.guess = guess{hash: crypto.SHA256}
	if !r.engine.plainly {
		r.guess = r.stencils.guessed(doc)
	}
	r.sum.reset(r.guess.hash, len(doc))
	r.c.Reset(&r.sum, r.guess.form.options())
	if len(doc) <= held {
		r.c.Hold(min(held, r.sum.left)) // what is longer is for sum to refuse, however it was guessed
	}
	r.der, r.ready = r.der[:0], false
}

// held is up to which size, in bytes, a canonical form is kept until it can be digested
// together with others. It fits into a processor's second cache.
const held = 128 << 10

// skimOn reads on over what nobody but the canonicaliser needs to see. Text behind a
// comment is not that, nor is text behind a Signature: see next.
func (r *reading) skimOn() {
	if r.over || r.comment || r.behind || r.g.busy() || r.engine.plainly {
		return
	}
	r.g.watch(&r.skim)
	if r.c.Skim(&r.t, &r.skim) {
		r.text, r.comment = false, false
	}
}

func (p *parts) hasBegun() bool { return p.finish > 0 }

func isSignature(t *xmltext.Tokenizer) bool {
	return t.Name.Is(c14n.SignatureNamespace, "Signature")
}

// next passes the next token on to all but the Signature's grammar. After the end, or an
// error, it keeps returning EOF.
func (r *reading) next() xmltext.Kind {
	if r.over {
		return xmltext.EOF
	}
	kind, err := r.t.Next()
	if err != nil {
		r.over = true
		r.malformed(err)
		return xmltext.EOF
	}
	if kind == xmltext.EOF {
		r.over = true
		return kind
	}
	r.take(kind)
	return kind
}

// take passes the current token on.
func (r *reading) take(kind xmltext.Kind) {
	switch kind {
	case xmltext.Start:
		signature := isSignature(&r.t)
		if signature {
			r.signatures++
			if r.split == 0 && r.text {
				r.split = r.t.Depth()
			}
		}
		r.text, r.comment, r.behind = false, false, false
		if signature && r.signatures == 1 {
			r.c.Leave()
			r.g.token(&r.t)
			return
		}
	case xmltext.End:
		r.text, r.comment = false, false
		if r.behind = r.split == r.t.Depth(); r.behind {
			r.split = 0
		}
	case xmltext.Text, xmltext.CDATA:
		r.text = r.text || !xmltext.Blank(r.t.Data)
		r.checkComment()
		if r.behind && r.text {
			r.refuse(ProfileViolation, r.t.Begin, "the Signature stands inside a text: a reader may take half of it for the whole")
		}
	case xmltext.Comment:
		r.comment = true
		r.checkComment()
	case xmltext.Instruction:
		r.outside = r.outside || r.t.Depth() == 0
	}
	r.c.Token(&r.t)
	r.g.token(&r.t)
}

// checkComment refuses text and a comment between the same two tags: a reader that does
// not join the text on both sides of the comment reads another value than was signed.
func (r *reading) checkComment() {
	if r.text && r.comment && !r.engine.profile.AnyComment {
		r.refuse(ProfileViolation, r.t.Begin, "a comment stands beside text in one element")
	}
}

// malformed turns the tokenizer's error into a refusal.
func (r *reading) malformed(err error) {
	var fault *xmltext.Error
	if !errors.As(err, &fault) {
		// The tokenizer returns no other; were it to, nothing may pass.
		r.refuse(MalformedXML, -1, "%v", err)
		return
	}
	reason := map[xmltext.Fault]Reason{
		xmltext.Malformed: MalformedXML, xmltext.Forbidden: ForbiddenXML, xmltext.TooLarge: TooLarge,
		xmltext.RelativeNamespace: ProfileViolation,
	}[fault.Fault]
	// What was read of a document that is none says nothing.
	if reason < Unsigned {
		r.refused = refusal{}
	}
	r.refuse(reason, fault.Offset, "%s", fault.What)
}

// A guess is in which form the document is signed.
type guess struct {
	form canonicalForm
	hash crypto.Hash
}

// guessed looks for what looks like SignedInfo near the document's end or start: one that
// was read before, or the identifiers of what is less usual. A wrong guess costs a second
// pass, no verdict.
func (s *stencils) guessed(doc []byte) guess {
	for _, known := range s.kept {
		// One sender's certificate is as long each time, and so is what comes behind.
		if end := len(doc) - known.behind; end > 0 && known.ends(doc[:end]) {
			return known.guess()
		}
	}
	const near = 12 << 10
	end := lastIndex(doc[max(0, len(doc)-near):])
	if end >= 0 {
		end += max(0, len(doc)-near)
	} else {
		end = lastIndex(doc[:min(len(doc), near)])
	}
	if end < 0 {
		return guess{hash: crypto.SHA256}
	}
	for _, known := range s.kept {
		if known.ends(doc[:end+len(infoEnd)]) {
			known.behind = len(doc) - end - len(infoEnd)
			return known.guess()
		}
	}
	about := doc[max(0, end-2<<10):end]
	g := guess{hash: crypto.SHA256}
	if bytes.Contains(about, []byte("xml-exc-c14n#")) {
		g.form.method = c14n.Exclusive
	}
	switch {
	case bytes.Contains(about, []byte("#sha256\"")):
	case bytes.Contains(about, []byte("#sha512\"")):
		g.hash = crypto.SHA512
	case bytes.Contains(about, []byte("#sha384\"")):
		g.hash = crypto.SHA384
	}
	return g
}

const infoEnd = "SignedInfo>"

// infoSteps are how far lastIndex moves on from each byte (Horspool's algorithm, from the
// end): it looks at one byte in eleven.
var infoSteps = func() (steps [256]uint8) {
	for i := range steps {
		steps[i] = uint8(len(infoEnd))
	}
	for i := len(infoEnd) - 1; i > 0; i-- {
		steps[infoEnd[i]] = uint8(i)
	}
	return steps
}()

// lastIndex is bytes.LastIndex of infoEnd, in a fraction of its time.
func lastIndex(s []byte) int {
	for i := len(s) - len(infoEnd); i >= 0; i -= int(infoSteps[s[i]]) {
		if string(s[i:i+len(infoEnd)]) == infoEnd {
			return i
		}
	}
	return -1
}
