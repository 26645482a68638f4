package rig

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"turnkey-gateway/ingest"
	"turnkey-gateway/verifier"
)

const (
	// EndBound is how long after its commit a revocation or withdrawal may still be
	// missed: no outcome that misses it may be appended later.
	EndBound = 5 * time.Second

	// stampUnit is the precision of a broker's timestamps, which are cut off to it.
	stampUnit = time.Millisecond
)

// An Audit says, after faults have ended and traffic has drained, whether the gateways
// kept their promises. It goes by the logs: what is in the inbound topic must be in the
// outputs, so that an upload that was stored twice is two records with an outcome each.
//
// Its times are of the harness's clock, and the outputs' record times must be of the
// brokers' (LogAppendTime), on the same machine. It is safe for concurrent use.
type Audit struct {
	mu         sync.Mutex
	planned    map[[sha256.Size]byte]deserts
	changes    map[verifier.Fingerprint][]Change
	unknowable []Window
}

// deserts are what a message deserves: a reason that nothing changes, or one that
// follows from the state of a certificate.
type deserts struct {
	want        verifier.Reason
	certificate verifier.Fingerprint
	changing    bool
}

// A Change is one change of a certificate in the registry: committed at some moment from
// Begun to Returned.
type Change struct {
	Certificate verifier.Fingerprint

	// To is what its messages deserve from then on: verifier.Verified for a registration,
	// else CertificateRevoked or RegistrationWithdrawn.
	To verifier.Reason

	Begun, Returned time.Time // of the call that commits it
}

// A Window is a time in which the registry's state could be known to no gateway: the last
// way to it was cut before From, none was opened before Until.
type Window struct{ From, Until time.Time }

// Audited is what an audit counted.
type Audited struct {
	Messages int // records of the inbound topic
	Outcomes int // records of the outputs
	Repeated int // of those, further outcomes of an event id
	Reasons  map[verifier.Reason]int

	// MissedFor is the longest time from the return of a certificate's end to the last
	// append that missed it, 0 if none did: what [EndBound] bounds.
	MissedFor time.Duration
}

// A Breach is a kind of broken promise.
type Breach string

const (
	Lost         Breach = "no outcome"
	Unplanned    Breach = "its bytes were never planned"
	Invented     Breach = "outcome of no inbound record"
	Misnamed     Breach = "wrong event id"
	Altered      Breach = "other bytes, key or account than its record's"
	Misplaced    Breach = "not on its record's partition"
	Misfiled     Breach = "on an output that is not its verdict's"
	Misjudged    Breach = "wrong verdict"
	TooLate      Breach = "an end of its certificate was missed for too long"
	TooEarly     Breach = "verdict from before the change it rests on"
	Unregistered Breach = "sent after its certificate was registered, and not found"
	Guessed      Breach = "verdict while the registry was out of reach"
	Disordered   Breach = "first outcomes out of order"
	Contradicted Breach = "another verdict than before, and no change between"
)

// A Deviation is one broken promise.
type Deviation struct {
	Breach Breach
	What   string // the outcome or the inbound record, and what was due
}

func (d Deviation) Error() string { return string(d.Breach) + ": " + d.What }

// NewAudit returns an audit that expects nothing yet.
func NewAudit() *Audit {
	return &Audit{planned: make(map[[sha256.Size]byte]deserts), changes: make(map[verifier.Fingerprint][]Change)}
}

// Plan notes a message that deserves want whenever it is judged; Unjudged: quarantine.
// Equal bytes must be planned alike.
func (a *Audit) Plan(xml []byte, want verifier.Reason) {
	a.plan(xml, deserts{want: want})
}

// PlanChanging notes a message that is signed by a certificate whose changes are noted:
// what it deserves depends on them.
func (a *Audit) PlanChanging(xml []byte, certificate verifier.Fingerprint) {
	a.plan(xml, deserts{certificate: certificate, changing: true})
}

func (a *Audit) plan(xml []byte, d deserts) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.planned[sha256.Sum256(xml)] = d
}

// Changed notes a change. One that failed may be noted with a Returned far in the future:
// nobody knows whether it was committed.
func (a *Audit) Changed(c Change) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changes[c.Certificate] = append(a.changes[c.Certificate], c)
}

// Unknowable notes that the registry was out of reach.
func (a *Audit) Unknowable(w Window) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unknowable = append(a.unknowable, w)
}

// Run reads the topics whole and checks them.
func (a *Audit) Run(ctx context.Context, brokers []string, topics ingest.Topics, partitions int) (Audited, error) {
	inbound, err := ReadTopic(ctx, brokers, topics.Inbound, partitions)
	if err != nil {
		return Audited{}, fmt.Errorf("audit: %w", err)
	}
	var outputs []*kgo.Record
	for _, topic := range []string{topics.Verified, topics.Rejected, topics.Quarantine} {
		some, err := ReadTopic(ctx, brokers, topic, partitions)
		if err != nil {
			return Audited{}, fmt.Errorf("audit: %w", err)
		}
		outputs = append(outputs, some...)
	}
	return a.Check(topics, inbound, outputs)
}

// Check holds the outputs against the inbound records. Each topic's records must be in
// the order of their partitions' offsets. The error joins [Deviation]s, of which the
// first of each kind and the number of all of that kind are told.
func (a *Audit) Check(topics ingest.Topics, inbound, outputs []*kgo.Record) (Audited, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := &check{
		Audit: a, topics: topics, found: make(map[Breach][]string), latest: make(map[log]int64),
		records: make(map[string]*judged, len(inbound)),
		Audited: Audited{Messages: len(inbound), Outcomes: len(outputs), Reasons: make(map[verifier.Reason]int)},
	}
	for _, r := range inbound {
		source := ingest.Source{Topic: r.Topic, Partition: int(r.Partition), Offset: r.Offset}
		d, planned := a.planned[sha256.Sum256(r.Value)]
		if !planned {
			c.deviates(Unplanned, "%s, %d bytes", source, len(r.Value))
		}
		c.records[source.String()] = &judged{record: r, source: source, deserts: d, planned: planned}
	}
	for _, out := range byAppend(outputs) {
		c.outcome(out)
	}
	for _, out := range outputs {
		c.inOrder(out)
	}
	for _, r := range inbound {
		source := ingest.Source{Topic: r.Topic, Partition: int(r.Partition), Offset: r.Offset}
		if c.records[source.String()].outcomes == nil {
			c.deviates(Lost, "%s, appended at %s", source, clock(r.Timestamp))
		}
	}
	return c.Audited, c.err()
}

// byAppend orders records by the time of their append; those of one partition keep the
// order they are stored in.
func byAppend(records []*kgo.Record) []*kgo.Record {
	sorted := slices.Clone(records)
	slices.SortStableFunc(sorted, func(a, b *kgo.Record) int { return a.Timestamp.Compare(b.Timestamp) })
	return sorted
}

// A check is one run of an audit.
type check struct {
	*Audit
	Audited
	topics  ingest.Topics
	records map[string]*judged // by source
	latest  map[log]int64      // source offset of the highest first outcome there
	found   map[Breach][]string
}

// A judged record is one of the inbound topic with its outcomes, in order of their append.
type judged struct {
	record *kgo.Record
	source ingest.Source
	deserts
	planned  bool
	outcomes []given
}

type given struct {
	reason verifier.Reason
	stored *kgo.Record
}

func (c *check) deviates(b Breach, format string, args ...any) {
	c.found[b] = append(c.found[b], fmt.Sprintf(format, args...))
}

func (c *check) err() error {
	var all []error
	for breach, what := range c.found {
		d := Deviation{breach, what[0]}
		if more := len(what) - 1; more > 0 {
			d.What += fmt.Sprintf(" (and %d more)", more)
		}
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(all...)
}

// outcome checks one record of an output.
func (c *check) outcome(r *kgo.Record) {
	o := stampedOutcome(r)
	rec := c.records[o.Source]
	if rec == nil {
		c.deviates(Invented, "%v", o)
		return
	}
	if o.EventID != rec.source.EventID() {
		c.deviates(Misnamed, "%v: %q, its record's is %s", o, o.EventID, rec.source.EventID())
	}
	// A record that is quarantined may be so for naming no account, or two.
	sameAccount := o.Reason == verifier.Unjudged || bytes.Equal(account(r), account(rec.record))
	if !bytes.Equal(r.Value, rec.record.Value) || !bytes.Equal(r.Key, rec.record.Key) || !sameAccount {
		c.deviates(Altered, "%v", o)
	}
	if o.Partition != rec.source.Partition {
		c.deviates(Misplaced, "%v", o)
	}
	if o.Topic != c.output(o.Reason) {
		c.deviates(Misfiled, "%v", o)
	}
	if rec.planned {
		c.verdict(o, rec, r.Timestamp)
	}
	c.guessed(o, r.Timestamp)
	if len(rec.outcomes) > 0 {
		c.Repeated++
		c.again(o, rec, r.Timestamp)
	} else {
		c.Reasons[o.Reason]++
	}
	rec.outcomes = append(rec.outcomes, given{o.Reason, r})
}

func (c *check) output(reason verifier.Reason) string {
	switch reason {
	case verifier.Verified:
		return c.topics.Verified
	case verifier.Unjudged:
		return c.topics.Quarantine
	default:
		return c.topics.Rejected
	}
}

// verdict holds an outcome against what its record deserves.
func (c *check) verdict(o Outcome, rec *judged, at time.Time) {
	if !rec.changing {
		if o.Reason != rec.want {
			c.deviates(Misjudged, "%v: %v was planned", o, rec.want)
		}
		return
	}
	begun, ended := c.life(rec.certificate)
	switch {
	case o.Reason == verifier.Verified && begun == nil:
		c.deviates(Misjudged, "%v: its certificate was never registered", o)
	case o.Reason == verifier.Verified:
		c.inForce(o, at, *begun, ended)
	case o.Reason == verifier.CertificateNotYetValid && begun != nil && at.Add(stampUnit).Before(begun.Begun):
		c.deviates(TooEarly, "%v: appended at %s, registered at %s", o, clock(at), clock(begun.Begun))
	case o.Reason == verifier.UnregisteredCertificate || o.Reason == verifier.CertificateNotYetValid && begun != nil:
		// A registration is in force from its own moment on, and a record is judged at its own.
		if begun != nil && rec.record.Timestamp.After(begun.Returned) {
			c.deviates(Unregistered, "%v: sent at %s, registered at %s", o, clock(rec.record.Timestamp), clock(begun.Returned))
		}
	case ended == nil || o.Reason != ended.To:
		c.deviates(Misjudged, "%v: its certificate never came to that", o)
	case at.Add(stampUnit).Before(ended.Begun):
		c.deviates(TooEarly, "%v: appended at %s, ended at %s", o, clock(at), clock(ended.Begun))
	}
}

// inForce checks the time of a verdict that its certificate counts.
func (c *check) inForce(o Outcome, at time.Time, begun Change, ended *Change) {
	if at.Add(stampUnit).Before(begun.Begun) {
		c.deviates(TooEarly, "%v: appended at %s, registered at %s", o, clock(at), clock(begun.Begun))
	}
	if ended == nil {
		return
	}
	missed := at.Sub(ended.Returned)
	c.MissedFor = max(c.MissedFor, missed)
	if missed > EndBound {
		c.deviates(TooLate, "%v: appended at %s, ended at %s: %v later", o, clock(at), clock(ended.Returned), missed)
	}
}

// life returns a certificate's registration and its end, nil where there was none.
func (c *check) life(certificate verifier.Fingerprint) (begun, ended *Change) {
	for _, change := range c.changes[certificate] {
		if change.To == verifier.Verified {
			begun = &change
		} else if ended == nil {
			ended = &change
		}
	}
	return begun, ended
}

// guessed checks that a verdict is not from a time in which nobody could make it: what it
// rests on may be as old as [EndBound] allows.
func (c *check) guessed(o Outcome, at time.Time) {
	if o.Reason < verifier.UnregisteredCertificate {
		return // the form of the document decides, whatever the registry says
	}
	for _, w := range c.unknowable {
		if at.After(w.From.Add(EndBound)) && at.Before(w.Until) {
			c.deviates(Guessed, "%v: appended at %s, out of reach from %s to %s", o, clock(at), clock(w.From), clock(w.Until))
		}
	}
}

// inOrder holds a first outcome against those stored before it on its partition. One whose
// verdict a change of the registry overturned may come late to its new output.
func (c *check) inOrder(r *kgo.Record) {
	o := stampedOutcome(r)
	rec := c.records[o.Source]
	if rec == nil || rec.outcomes[0].stored != r {
		return
	}
	place := log{o.Topic, o.Partition}
	if last, any := c.latest[place]; any && rec.source.Offset <= last {
		if !c.changedBetween(rec, rec.record.Timestamp, r.Timestamp) {
			c.deviates(Disordered, "%v: comes after the outcome of offset %d", o, last)
		}
		return
	}
	c.latest[place] = rec.source.Offset
}

// again holds a further outcome against the one before it.
func (c *check) again(o Outcome, rec *judged, at time.Time) {
	before := rec.outcomes[len(rec.outcomes)-1]
	if o.Reason != before.reason && !c.changedBetween(rec, before.stored.Timestamp, at) {
		c.deviates(Contradicted, "%v: %v before, at %s", o, before.reason, clock(before.stored.Timestamp))
	}
}

// changedBetween reports whether two judgements, whose outcomes were appended at these
// times, may have met different states of the record's certificate.
func (c *check) changedBetween(rec *judged, first, second time.Time) bool {
	if !rec.changing {
		return false
	}
	for _, change := range c.changes[rec.certificate] {
		if !change.Begun.After(second.Add(stampUnit)) && !change.Returned.Before(first.Add(-EndBound)) {
			return true
		}
	}
	return false
}

func account(r *kgo.Record) []byte {
	for _, h := range r.Headers {
		if h.Key == ingest.HeaderAccount {
			return h.Value
		}
	}
	return r.Key
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }
