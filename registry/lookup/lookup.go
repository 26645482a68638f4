package lookup

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/rediscache"
	"turnkey-gateway/verifier"
)

const (
	// DefaultEntries is how many senders memory keeps where nothing else is
	// configured: some 100 MB with three certificates each.
	DefaultEntries = 10_000

	// DefaultQueryTimeout bounds one query to Postgres where nothing else is configured.
	DefaultQueryTimeout = 2 * time.Second
)

// Database is what Postgres is asked. Its answers come from the primary, and an error
// means that nothing is known.
type Database interface {
	// Snapshots returns the snapshots of those senders that exist, all as of one
	// version, which it names even where there are none.
	Snapshots(ctx context.Context, senders []registry.LookupHash) ([]registry.Snapshot, registry.Epoch, registry.Version, error)

	// Elsewhere returns the party that each of the certificates counts for, of those
	// that count for one.
	Elsewhere(ctx context.Context, certificates []verifier.Fingerprint) (map[verifier.Fingerprint]verifier.PartyID, error)
}

// Config configures a [Lookup].
type Config struct {
	Database Database           // Required
	Cache    *rediscache.Reader // Required; the caller runs it
	Key      registry.LookupKey // Required

	// Entries bounds the senders kept in memory; 0 means [DefaultEntries]. An entry
	// takes some 3 KB, and 3 KB for each certificate.
	Entries int

	// QueryTimeout bounds one query to Postgres; 0 means [DefaultQueryTimeout].
	QueryTimeout time.Duration

	Now     func() time.Time      // nil means time.Now
	Metrics prometheus.Registerer // nil means none
	Log     *slog.Logger          // Required
}

// A Lookup answers what the registry knows of senders. Safe for concurrent use.
type Lookup struct {
	database     Database
	cache        *rediscache.Reader
	key          registry.LookupKey
	queryTimeout time.Duration
	now          func() time.Time
	log          *slog.Logger
	metrics      *metrics

	memory       *memory
	flights      *flights
	rounds       *rounds
	certificates *certificates
	holders      *holders
}

// New returns a lookup with an empty memory. It contacts nothing.
func New(cfg Config) *Lookup {
	if cfg.Entries <= 0 {
		cfg.Entries = DefaultEntries
	}
	if cfg.QueryTimeout <= 0 {
		cfg.QueryTimeout = DefaultQueryTimeout
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	l := &Lookup{
		database: cfg.Database, cache: cfg.Cache, key: cfg.Key,
		queryTimeout: cfg.QueryTimeout, now: cfg.Now, log: cfg.Log,
		memory:       newMemory(cfg.Entries),
		flights:      &flights{under: make(map[registry.LookupHash]*flight)},
		rounds:       newRounds(),
		certificates: &certificates{parsed: make(map[verifier.Fingerprint]weakCertificate)},
		holders:      newHolders(),
	}
	l.metrics = newMetrics(cfg.Metrics, l)
	return l
}

// Senders returns what the registry knows of each account, in their order, with the
// certificates that the document at the same index of hints refers to. An account that
// no party has gives a Sender without a party.
//
// Whatever was committed of a sender's own party before since is in its answer: a zero
// since allows what the package comment allows, and any other, which must not be in the
// future, costs a query unless memory has what was read from then on. Of Elsewhere, which
// only makes one rejection into another, AsOf says how old it is.
//
// An error means that the state of some sender is unknown: nothing may be judged. The
// answers share memory with each other and must not be changed.
func (l *Lookup) Senders(ctx context.Context, accounts []string, hints []verifier.Hints, since time.Time) ([]verifier.Sender, error) {
	if len(accounts) != len(hints) {
		return nil, fmt.Errorf("look up senders: %d accounts, but %d hints", len(accounts), len(hints))
	}
	began := l.now()
	hashes, which := l.distinct(accounts)
	answers, level, err := l.resolve(ctx, hashes, since)
	if err != nil {
		return nil, err
	}
	senders := make([]verifier.Sender, len(accounts))
	entries := make([]*entry, len(accounts))
	for i := range accounts {
		a := answers[which[i]]
		entries[i] = a.entry
		senders[i] = verifier.Sender{
			Party: a.party, Holds: a.holds, Registrations: a.registrations,
			Epoch: string(a.epoch), Version: uint64(a.version), AsOf: a.asOf,
		}
	}
	if err := l.elsewhere(ctx, senders, entries, hints); err != nil {
		return nil, err
	}
	l.metrics.batches.WithLabelValues(level).Observe(l.now().Sub(began).Seconds())
	return senders, nil
}

// distinct returns the hashes of the accounts, each once, and for each account which
// of them is its own.
func (l *Lookup) distinct(accounts []string) (hashes []registry.LookupHash, which []int) {
	index := make(map[string]int, len(accounts))
	which, hashes = make([]int, len(accounts)), make([]registry.LookupHash, 0, len(accounts))
	for i, account := range accounts {
		n, seen := index[account]
		if !seen {
			n = len(hashes)
			index[account] = n
			hashes = append(hashes, l.key.Account(account))
		}
		which[i] = n
	}
	return hashes, which
}
