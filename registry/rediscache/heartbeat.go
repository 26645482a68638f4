package rediscache

import (
	"encoding/binary"
	"math"
	"time"

	"turnkey-gateway/registry"
)

// MaxChanges bounds the changes that one heartbeat lists.
const MaxChanges = 1024

// A Tag is the first half of a sender's lookup hash, which is how heartbeats name
// senders. Two senders with one tag, if there ever are any, are only disbelieved
// more often than they need be.
type Tag [16]byte

// TagOf returns the tag of a sender.
func TagOf(h registry.LookupHash) Tag { return Tag(h[:len(Tag{})]) }

// A SenderChange says that a version changed a sender.
type SenderChange struct {
	Sender  Tag
	Version registry.Version
}

// A Heartbeat says how far the registry had got at one moment.
type Heartbeat struct {
	Epoch registry.Epoch

	// At is the relay's clock just before it read Postgres: every change committed
	// before it is among the versions up to Version.
	At      time.Time
	Version registry.Version

	// Changes are those of versions above Covers, all of them, in version order:
	// at most [MaxChanges].
	Covers  registry.Version
	Changes []SenderChange
}

// encodeHeartbeat returns the body of a heartbeat.
func encodeHeartbeat(h Heartbeat) ([]byte, error) {
	if len(h.Epoch) > maxText || len(h.Changes) > MaxChanges {
		return nil, errTooLarge
	}
	b := []byte{formatHeartbeat}
	b = appendBlob(b, h.Epoch)
	b = appendTime(b, h.At)
	b = binary.AppendUvarint(b, uint64(h.Version))
	b = binary.AppendUvarint(b, uint64(h.Covers))
	b = binary.AppendUvarint(b, uint64(len(h.Changes)))
	last := h.Covers
	for _, c := range h.Changes {
		b = append(b, c.Sender[:]...)
		b = binary.AppendUvarint(b, uint64(c.Version-last))
		last = c.Version
	}
	return b, nil
}

// decodeHeartbeat reads the body of a heartbeat, and refuses one that contradicts
// itself.
func decodeHeartbeat(body []byte) (Heartbeat, error) {
	d := &decoder{rest: body}
	if d.byte() != formatHeartbeat {
		return Heartbeat{}, errGarbage
	}
	h := Heartbeat{
		Epoch:   registry.Epoch(d.blob(maxText)),
		At:      d.time(),
		Version: registry.Version(d.number(math.MaxUint64)),
	}
	h.Covers = registry.Version(d.number(uint64(h.Version)))
	count := d.number(MaxChanges)
	h.Changes = make([]SenderChange, 0, count)
	last := h.Covers
	for range count {
		var c SenderChange
		copy(c.Sender[:], d.bytes(len(c.Sender)))
		c.Version = last + registry.Version(d.number(uint64(h.Version-last)))
		last = c.Version
		h.Changes = append(h.Changes, c)
	}
	return h, d.end()
}
