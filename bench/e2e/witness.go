package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
)

// A witness is a certificate of a party of its own, whose messages flow on every partition
// while it is revoked.
type witness struct {
	account     string
	message     []byte
	certificate verifier.Fingerprint

	mu       sync.Mutex
	asked    time.Time // when its revocation was asked for; zero until then
	verified map[int]bool
	refused  map[int]bool // by partition
	accepted int          // outcomes that verified it
	last     rig.Outcome  // of those, the one that was appended last
	wrong    error        // the first outcome that no state of the certificate explains

	committed time.Time // set when the revocation is over, and then read only
}

// enlist registers a new certificate under an account that no other has.
func enlist(ctx context.Context, store *postgres.Store, account string) (*witness, error) {
	party, _, err := store.CreateParty(ctx, rig.Operator, registry.Identifier{Kind: verifier.Account, Value: account})
	if err != nil {
		return nil, err
	}
	h, err := rig.NewHolder(time.Now())
	if err != nil {
		return nil, err
	}
	if _, _, err := store.Register(ctx, rig.Operator, h.Registration(party)); err != nil {
		return nil, err
	}
	return &witness{
		account: account, message: h.Message, certificate: h.Certificate.Fingerprint(),
		verified: make(map[int]bool), refused: make(map[int]bool),
	}, nil
}

// note takes in an outcome of one of its messages.
func (w *witness) note(o rig.Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case o.Reason == verifier.Verified:
		w.accepted++
		w.verified[o.Partition] = true
		if o.Appended.After(w.last.Appended) {
			w.last = o
		}
	case o.Reason == verifier.CertificateRevoked && !w.asked.IsZero():
		w.refused[o.Partition] = true
	case w.wrong == nil:
		w.wrong = fmt.Errorf("%v: its certificate was registered before it was sent, and not revoked yet", o)
	}
}

// inUse reports whether a message of it was verified on every partition.
func (w *witness) inUse() bool { return w.all(w.verified) }

// ended reports whether a message of it was refused on every partition.
func (w *witness) ended() bool { return w.all(w.refused) }

func (w *witness) all(on map[int]bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(on) == partitions
}

// commitSQL is when the transaction that made a version of the registry committed.
const commitSQL = `SELECT pg_xact_commit_timestamp(xmin) FROM registry_changes WHERE version = $1`

// revoke revokes it, and learns from PostgreSQL when that was committed. The moment the
// call returned would be too late a beginning: a frozen server may have committed long before.
func (s *site) revoke(ctx context.Context, w *witness) error {
	w.mu.Lock()
	w.asked = time.Now()
	w.mu.Unlock()
	_, version, err := s.store.Revoke(ctx, rig.Operator, w.certificate, registry.Unspecified)
	if err != nil {
		return err
	}
	if err := s.db.QueryRow(ctx, commitSQL, int64(version)).Scan(&w.committed); err != nil {
		return fmt.Errorf("ask when version %d was committed: %w", version, err)
	}
	return nil
}

// late is how long after its revocation's commit the last message that it verified was
// appended; 0 if none was. It rises for as long as outcomes come.
func (w *witness) late() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return max(0, w.last.Appended.Sub(w.committed))
}

// fault says what is wrong with it under a bound, naming the record; nil for nothing.
func (w *witness) fault(bound time.Duration) error {
	late := w.late()
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.wrong != nil:
		return w.wrong
	case late > bound:
		return fmt.Errorf("%v: appended %v after its certificate's revocation was committed (at %s): %v is promised",
			w.last, late, w.committed.UTC().Format(time.RFC3339Nano), bound)
	}
	return nil
}
