package rediscache

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// states are the registration states by their byte in a snapshot.
var states = []verifier.RegistrationState{
	verifier.Pending, verifier.InForce, verifier.Superseded, verifier.Withdrawn, verifier.Revoked,
}

// encodeSnapshot returns the body of a snapshot's value. The sender is not in it: it
// is in the key, which the HMAC covers.
func encodeSnapshot(s *registry.Snapshot) ([]byte, error) {
	if len(s.Epoch) > maxText || len(s.Party) > maxText || len(s.Identifiers) > maxIdentifiers || len(s.Registrations) > maxRegistrations {
		return nil, errTooLarge
	}
	b := []byte{formatSnapshot}
	b = appendBlob(b, s.Epoch)
	b = binary.AppendUvarint(b, uint64(s.Version))
	b = appendBlob(b, s.Party)
	b = binary.AppendUvarint(b, uint64(len(s.Identifiers)))
	for _, id := range s.Identifiers {
		b = append(b, id[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(s.Registrations)))
	for _, r := range s.Registrations {
		state := slices.Index(states, r.State)
		if state < 0 {
			return nil, fmt.Errorf("registration state %q can't be cached", r.State)
		}
		if len(r.DER) > maxDER {
			return nil, errTooLarge
		}
		b = append(b, byte(state))
		b = appendTime(b, r.From)
		b = appendTime(b, r.Until)
		b = appendTime(b, r.EndedAt)
		b = appendBlob(b, r.DER)
	}
	if len(b) > maxSnapshot-macSize {
		return nil, errTooLarge
	}
	return b, nil
}

// decodeSnapshot reads the body of a snapshot that was kept for a sender. The result
// shares no memory with the body.
func decodeSnapshot(sender registry.LookupHash, body []byte) (*registry.Snapshot, error) {
	d := &decoder{rest: bytes.Clone(body)}
	if d.byte() != formatSnapshot {
		return nil, errGarbage
	}
	s := &registry.Snapshot{Sender: sender}
	s.Epoch = registry.Epoch(d.blob(maxText))
	s.Version = registry.Version(d.number(math.MaxUint64))
	s.Party = verifier.PartyID(d.blob(maxText))
	for range d.number(maxIdentifiers) {
		var id registry.LookupHash
		copy(id[:], d.bytes(len(id)))
		if d.broken {
			break
		}
		s.Identifiers = append(s.Identifiers, id)
	}
	for range d.number(maxRegistrations) {
		r := decodeRegistration(d)
		if d.broken {
			break
		}
		s.Registrations = append(s.Registrations, r)
	}
	if err := d.end(); err != nil {
		return nil, err
	}
	return s, nil
}

func decodeRegistration(d *decoder) registry.RegistrationRow {
	var r registry.RegistrationRow
	if state := int(d.byte()); state < len(states) {
		r.State = states[state]
	} else {
		d.broken = true
	}
	r.From, r.Until, r.EndedAt = d.time(), d.time(), d.time()
	r.DER = d.blob(maxDER)
	r.Fingerprint = sha256.Sum256(r.DER)
	return r
}
