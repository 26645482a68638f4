package ingest

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// Time limits that the promise about ended certificates rests on: a change committed
// to the registry shows in what is appended from maxStale + deliverLimit on, and the 400 ms
// that handing over may take (see package produce), which is under the 5 s that are
// promised. A broker appends what it has received whole. (One that stands still between the
// two, as in a long collection of garbage, adds that time.)
const (
	// maxStale is how old the registry's answer may be when the last bytes of a produce
	// that rests on it are handed to the kernel. An older one is looked up and judged again.
	maxStale = 3 * time.Second

	// deliverLimit is how long the kernel may go on trying to bring to a broker what it
	// was handed, see [Dial].
	deliverLimit = 1500 * time.Millisecond
)

// How long a produce may take after its last bytes were handed over before it counts as
// failed: so much, and longer for a large one, which followers take a while to copy, as far
// as a session lasts: no heartbeats go out while the last one of a generation is awaited.
const (
	acknowledgeLimit = 1500 * time.Millisecond
	copiedPerSecond  = 20 << 20
	acknowledgeMost  = 4500 * time.Millisecond
)

// lonelyFailures is after how many failed attempts in a row a large record's outcome,
// produced alone, is suspected of being what fails, see also Config.lonelyFor.
const lonelyFailures = 3

// Time limits that nothing outside depends on.
const (
	lookupLimit = 5 * time.Second  // of one call of the registry
	watchLimit  = 5 * time.Second  // of one look at what the group has assigned
	commitLimit = 5 * time.Second  // of one commit of offsets; stopping makes up to three
	stopLimit   = 25 * time.Second // to drain, commit and leave the group
)

// Topics are the names of the topics a gateway reads and writes.
type Topics struct {
	Inbound, Verified, Rejected, Quarantine string
}

// Config says what a gateway does. Zero fields get the defaults named.
type Config struct {
	// Group is the consumer group. Required. All gateways of one group share the
	// inbound partitions.
	Group string

	// Topics defaults to turnkey.inbound, turnkey.verified, turnkey.rejected and
	// turnkey.quarantine. Each output needs as many partitions as inbound has.
	Topics Topics

	// StartLatest makes a group that has committed no offset of the inbound topic begin
	// at the end of the log instead of its start: what was stored before is never judged.
	// A partition that is added later is judged from its start either way, since records
	// come in before anybody notices it.
	StartLatest bool

	// Rack is where the gateway runs, as brokers' broker.rack has it. Where they select
	// replicas by rack (replica.selector.class), records are then read from a replica
	// there, if there is one, and from the leader while that fails. Empty: from the leader.
	Rack string

	// AcceptCreateTime accepts an inbound topic whose records carry the time their
	// producer claimed. Validity periods are judged at that time, so a producer
	// can then back-date a document. Without it such records are quarantined.
	AcceptCreateTime bool

	// FetchBytes is how much is asked for at once, per partition; default 720 KiB, so that
	// with our headers the outcomes of one fetch mostly make one batch.
	FetchBytes int

	// FetchWait is how long a broker waits for records; default and least 1 s.
	FetchWait time.Duration

	// InflightBytes bounds the memory that records take while they are worked on,
	// over all partitions; default 256 MiB. A quarter is for responses as large as
	// was asked for, which count twice, since their outcomes are encoded as a copy (large keys
	// and values, which are not, count all the same); half for larger ones, each a single batch; and a
	// quarter for inflating compressed batches; and MaxRecord more, for records that inflate
	// to more than a chunk. A response that is larger than its share passes alone of its kind.
	InflightBytes int64

	// MaxRecord is the largest record, in bytes, that a compressed batch is inflated
	// to; default 32 MiB. A larger one is quarantined as a pointer.
	MaxRecord int64

	// BatchBytes is the size up to which outcomes are produced as one batch; default
	// 1 MiB, for which the outputs have room where the inbound topic's max.message.bytes is
	// Kafka's default: see Preflight. A larger record goes alone. Keep it under
	// max.message.bytes.
	BatchBytes int

	// CommitEvery is the pause between commits; default 100 ms. What was not yet
	// committed when a gateway is killed comes again.
	CommitEvery time.Duration

	// Session is after how long without a heartbeat the group takes a member for
	// dead; default 10 s. Heartbeats go out ten times as often. Draining before a
	// rebalance takes at most one produce, so it must not be under 5 s.
	Session time.Duration

	// Workers is how many records are judged at once; default GOMAXPROCS.
	Workers int

	watchEvery time.Duration // between looks at inbound's partitions; default 10 s

	// goneFor is for how long brokers must say that the records to go on from aren't there
	// before a partition halts; default 4 s. Whom a gateway asks may be up to 2 s out of date.
	goneFor time.Duration

	// lonelyFor is how long those failures must last. The default is 40 s: a follower that
	// stands still holds up acknowledgements for Kafka's replica.lag.time.max.ms, 30 s as it
	// is delivered, and large records before others, since it copies them for longer.
	lonelyFor time.Duration
}

// recordHeaders is how many headers a record may have; one with more is quarantined as a
// pointer. A header of three bytes is a string and a slice in memory.
const recordHeaders = 1000

// headerMemory is how many bytes a header takes besides its own: one without any is two
// bytes in a batch.
const headerMemory = 40

// chunk bounds what is judged and produced in one go; its bytes are those of the records as
// they came, and headerMemory.
const (
	chunkRecords = 500
	chunkBytes   = 1 << 20
)

func (c Config) withDefaults() Config {
	setDefault(&c.Topics.Inbound, "turnkey.inbound")
	setDefault(&c.Topics.Verified, "turnkey.verified")
	setDefault(&c.Topics.Rejected, "turnkey.rejected")
	setDefault(&c.Topics.Quarantine, "turnkey.quarantine")
	setDefault(&c.FetchBytes, 720<<10)
	setDefault(&c.FetchWait, time.Second)
	setDefault(&c.InflightBytes, 256<<20)
	setDefault(&c.MaxRecord, 32<<20)
	setDefault(&c.BatchBytes, 1<<20)
	setDefault(&c.CommitEvery, 100*time.Millisecond)
	setDefault(&c.Session, 10*time.Second)
	setDefault(&c.Workers, runtime.GOMAXPROCS(0))
	setDefault(&c.watchEvery, 10*time.Second)
	setDefault(&c.goneFor, 4*time.Second)
	setDefault(&c.lonelyFor, 40*time.Second)
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (c Config) validate() error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(c.Group == "", "the consumer group has no name")
	refuse(c.FetchBytes < 0 || c.FetchBytes > 1<<30, "fetch size of %d bytes: must be 1 to 1 GiB", c.FetchBytes)
	refuse(c.FetchWait < time.Second, "fetch wait of %v: under 1 s a loaded broker makes for time-outs", c.FetchWait)
	refuse(c.InflightBytes < 4*chunkBytes, "%d bytes in flight: must be at least %d", c.InflightBytes, 4*chunkBytes)
	refuse(c.MaxRecord < 0, "largest record of %d bytes: must be positive", c.MaxRecord)
	refuse(c.BatchBytes < 0 || c.BatchBytes > 1<<30, "batch size of %d bytes: must be 1 to 1 GiB", c.BatchBytes)
	refuse(c.CommitEvery < 0, "a commit every %v: must be positive", c.CommitEvery)
	refuse(c.Session < 5*time.Second, "group session of %v: a gateway needs up to 5 s to drain", c.Session)
	refuse(c.Workers < 0, "%d workers: must be positive", c.Workers)
	seen := map[string]bool{}
	for _, name := range []string{c.Topics.Inbound, c.Topics.Verified, c.Topics.Rejected, c.Topics.Quarantine} {
		refuse(seen[name], "topic %s is named twice: each needs one of its own", name)
		seen[name] = true
	}
	return errors.Join(errs...)
}
