package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// A Source is where a record is stored.
type Source struct {
	Topic     string
	Partition int
	Offset    int64
}

func (s Source) String() string { return string(s.append(nil)) }

func (s Source) append(to []byte) []byte {
	to = append(append(to, s.Topic...), '/')
	to = append(strconv.AppendInt(to, int64(s.Partition), 10), '/')
	return strconv.AppendInt(to, s.Offset, 10)
}

// EventID names the outcome of the record there. It is the same each time the record
// is delivered: lower-case hex of the first 16 bytes of the SHA-256 of topic,
// partition and offset, in decimal, with a zero byte between.
func (s Source) EventID() string {
	sum := s.EventHash()
	return hex.EncodeToString(sum[:])
}

// EventHash is what an event id writes in hex.
func (s Source) EventHash() [16]byte {
	text := make([]byte, 0, 320) // a topic's name has 249 bytes at most
	text = append(append(text, s.Topic...), 0)
	text = append(strconv.AppendInt(text, int64(s.Partition), 10), 0)
	sum := sha256.Sum256(strconv.AppendInt(text, s.Offset, 10))
	return [16]byte(sum[:16])
}
