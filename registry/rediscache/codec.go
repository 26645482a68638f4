package rediscache

import (
	"encoding/binary"
	"errors"
	"time"
)

// The first byte of every value: what it is, and in which version of the format.
// A changed format takes a new byte, so that programs of two versions, side by side
// during an upgrade, refuse each other's values instead of misreading them.
const (
	formatSnapshot  = 0x11
	formatHeartbeat = 0x21
)

// Bounds of what is encoded and of what is decoded. What exceeds them is not cached.
const (
	maxSnapshot      = 1 << 20 // bytes
	maxHeartbeat     = 64 << 10
	maxText          = 128 // bytes of an epoch or a party
	maxIdentifiers   = 4096
	maxRegistrations = 1024
	maxDER           = 64 << 10
)

var (
	// errGarbage means that a value is not in our format.
	errGarbage = errors.New("not a cached value")

	// errTooLarge means that something is too large to be cached.
	errTooLarge = errors.New("too large to be cached")
)

// A decoder reads a body front to back. After a fault it returns zero values, and
// end reports the fault: callers check once.
type decoder struct {
	rest   []byte
	broken bool
}

func (d *decoder) bytes(n int) []byte {
	if d.broken || n > len(d.rest) {
		d.broken = true
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// number reads an unsigned number of at most limit.
func (d *decoder) number(limit uint64) uint64 {
	n, size := binary.Uvarint(d.rest)
	if d.broken || size <= 0 || n > limit {
		d.broken = true
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

// blob reads a length of at most limit and as many bytes, which alias the input.
func (d *decoder) blob(limit int) []byte { return d.bytes(int(d.number(uint64(limit)))) }

// time reads what appendTime wrote.
func (d *decoder) time() time.Time {
	micros, size := binary.Varint(d.rest)
	if d.broken || size <= 0 {
		d.broken = true
		return time.Time{}
	}
	d.rest = d.rest[size:]
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// end reports whether everything was read and nothing was wrong.
func (d *decoder) end() error {
	if d.broken || len(d.rest) > 0 {
		return errGarbage
	}
	return nil
}

func appendBlob[T ~string | ~[]byte](dst []byte, b T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// appendTime writes microseconds since 1970, the precision of Postgres; 0 stands
// for the zero time.
func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return binary.AppendVarint(dst, 0)
	}
	return binary.AppendVarint(dst, t.UnixMicro())
}
