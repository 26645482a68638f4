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

func (s Source) String() string {
	return s.Topic + "/" + strconv.Itoa(s.Partition) + "/" + strconv.FormatInt(s.Offset, 10)
}

// EventID names the outcome of the record there. It is the same each time the record
// is delivered: lower-case hex of the first 16 bytes of the SHA-256 of topic,
// partition and offset, in decimal, with a zero byte between.
func (s Source) EventID() string {
	text := make([]byte, 0, 128)
	text = append(text, s.Topic...)
	text = append(text, 0)
	text = strconv.AppendInt(text, int64(s.Partition), 10)
	text = append(text, 0)
	text = strconv.AppendInt(text, s.Offset, 10)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
