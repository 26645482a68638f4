package ingest

import (
	"time"

	"turnkey-gateway/ingest/fetch"
	"turnkey-gateway/ingest/produce"
	"turnkey-gateway/verifier"
)

// An item is one record on its way to its outcome. It belongs to the goroutine that
// processes its partition, except while the pool works on it.
type item struct {
	source  Source
	rec     fetch.Record
	arrived time.Time // here: after the record was stored, by our clock
	account string    // empty where the record names none

	// cause is set where the record is to be quarantined; then there is no verdict.
	cause Cause

	msg     *verifier.Message
	sender  verifier.Sender // what the verdict rests on
	spent   time.Duration   // on reading and judging
	verdict verifier.Verdict
	stated  produce.Headers // what the verdict says of itself

	// doubted is set where it is a rejection that what was registered before the record
	// was sent might overturn: the registry was read before the record arrived.
	doubted bool

	// failed counts the attempts in a row to produce it alone that failed on the way to
	// the broker. It is suspect while a pointer is tried in its place; then former is its
	// cause without that.
	failed  int
	failing time.Time // since when, if any
	suspect bool
	former  Cause

	unstamped bool // the output refuses the record's timestamp
	done      bool // its outcome was acknowledged
}

// kind is the topic its outcome goes to.
func (it *item) kind() Kind {
	switch {
	case it.cause != CauseNone:
		return Quarantine
	case it.verdict.Verified():
		return Verified
	default:
		return Rejected
	}
}

// stale reports whether its verdict rests on knowledge too old to hand over now.
func (it *item) stale(now time.Time) bool {
	return it.cause == CauseNone && age(it.sender.AsOf, now) > maxStale
}

// age is how long ago a moment was: by the monotonic clock, which no step of the wall
// clock changes, or by the wall clock, which goes on while a machine is suspended,
// whichever says longer.
func age(then, now time.Time) time.Duration {
	return max(now.Sub(then), now.Round(0).Sub(then.Round(0)))
}

// pointed reports whether the outcome holds a pointer to the value, not the value.
func (it *item) pointed() bool {
	switch it.cause {
	case RecordUnreadable, RecordOversize, OutcomeUnwritable:
		return true
	}
	return false
}

// admit decides what can be said of a record before its document is looked at.
func (it *item) admit(acceptCreateTime bool) {
	switch rec := &it.rec; {
	case rec.Unread == fetch.Unreadable:
		it.cause = RecordUnreadable
	case rec.Unread == fetch.Oversize:
		it.cause = RecordOversize
	default:
		it.account, it.cause = sender(rec.Key, rec.Headers)
		if it.cause != CauseNone {
			return
		}
		if rec.Time.IsZero() {
			it.cause = TimestampMissing
		} else if !rec.Stamped && !acceptCreateTime {
			it.cause = TimestampClaimed
		}
	}
}
