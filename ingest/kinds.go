package ingest

// A Kind is which of the topics a record is on.
type Kind string

const (
	Inbound    Kind = "inbound"
	Verified   Kind = "verified"
	Rejected   Kind = "rejected"
	Quarantine Kind = "quarantine"
)

var kinds = []Kind{Inbound, Verified, Rejected, Quarantine}

func (t Topics) name(k Kind) string {
	switch k {
	case Inbound:
		return t.Inbound
	case Verified:
		return t.Verified
	case Rejected:
		return t.Rejected
	default:
		return t.Quarantine
	}
}

// A Stage is a part of the pipeline that can fail on infrastructure.
type Stage string

const (
	StageJoin    Stage = "join"
	StageFetch   Stage = "fetch"
	StageLookup  Stage = "lookup"
	StageProduce Stage = "produce"
	StageCommit  Stage = "commit"
)

var stages = []Stage{StageJoin, StageFetch, StageLookup, StageProduce, StageCommit}

// A Cause says why a record was quarantined: it is in the header turnkey-reason, where
// verdicts have a verifier.Reason. The set is closed.
type Cause string

const (
	CauseNone Cause = ""

	// The producer's faults.
	AccountMissing    Cause = "ACCOUNT_MISSING"       // neither header nor key
	AccountRepeated   Cause = "ACCOUNT_REPEATED"      // several headers
	AccountConflict   Cause = "ACCOUNT_CONTRADICTORY" // header and key differ
	AccountInvalid    Cause = "ACCOUNT_INVALID"       // empty, over-long, not UTF-8, control characters
	TimestampMissing  Cause = "TIMESTAMP_MISSING"     // negative, so there is no time to judge at
	TimestampClaimed  Cause = "TIMESTAMP_CLAIMED"     // the producer's, where the broker's is required
	RecordUnreadable  Cause = "RECORD_UNREADABLE"     // its batch's structure does not hold
	RecordOversize    Cause = "RECORD_OVERSIZE"       // inflates to more than Config.MaxRecord, or has too many headers
	OutcomeUnwritable Cause = "MESSAGE_TOO_LARGE"     // the broker takes no outcome of that size, or not in time

	// The gateway's own.
	JudgePanicked Cause = "PANIC"
)

var causes = []Cause{
	AccountMissing, AccountRepeated, AccountConflict, AccountInvalid, TimestampMissing,
	TimestampClaimed, RecordUnreadable, RecordOversize, OutcomeUnwritable, JudgePanicked,
}

// words say what a cause means, for the detail.
func (c Cause) words() string {
	switch c {
	case AccountMissing:
		return "the record names no sender: set the header turnkey-account or the key"
	case AccountRepeated:
		return "the header turnkey-account is there several times"
	case AccountConflict:
		return "the header turnkey-account and the key name different senders"
	case AccountInvalid:
		return "the sender's account is empty, longer than 256 bytes, not UTF-8, or has control characters"
	case TimestampMissing:
		return "the record has no timestamp"
	case TimestampClaimed:
		return "the timestamp is the producer's claim: set message.timestamp.type=LogAppendTime on the inbound topic"
	case RecordUnreadable:
		return "the record's batch is stored whole but its structure is not readable"
	case RecordOversize:
		return "the record inflates to more than the gateway's limit, or has more than 1,000 headers, or more than 1 MiB of them"
	case OutcomeUnwritable:
		return "the output topic takes no record of that size, or takes too long: raise its max.message.bytes, or see to the way there"
	case JudgePanicked:
		return "judging the document failed in the gateway itself; its log has the trace"
	default:
		return ""
	}
}
