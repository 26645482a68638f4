package hostile

import (
	"crypto/sha256"
	"io"

	"github.com/segmentio/kafka-go/compress"

	"turnkey-gateway/ingest"
	"turnkey-gateway/verifier"
)

// A Want is the outcome that a record deserves.
type Want struct {
	Kind   ingest.Kind
	Reason string // of a verdict, or the cause of a quarantine

	// Pointer: the outcome points to the value, whose size and digest are these, and does
	// not hold it. Batch: it points to the batch as the broker stored it.
	Pointer bool
	Batch   bool
	Size    int64
	SHA256  [sha256.Size]byte
}

// A Load is one batch, ready to be appended, with what each of its records deserves.
type Load struct {
	Name  string
	Batch []byte
	Want  []Want
}

// A part is a record and what it deserves, but for size and digest.
type part struct {
	Record
	kind    ingest.Kind
	reason  string
	pointer bool
	batch   bool
}

func rejected(r Record, reason verifier.Reason) part {
	return part{Record: r, kind: ingest.Rejected, reason: reason.String()}
}

func quarantined(r Record, cause ingest.Cause) part {
	return part{Record: r, kind: ingest.Quarantine, reason: string(cause)}
}

// pointed is quarantined without its value.
func pointed(r Record, cause ingest.Cause) part {
	p := quarantined(r, cause)
	p.pointer = true
	return p
}

// unreadable is pointed to by its batch.
func unreadable(r Record) part {
	p := pointed(r, ingest.RecordUnreadable)
	p.batch = true
	return p
}

// load makes the batch of the parts.
func load(name string, codec compress.Compression, parts ...part) (Load, error) {
	l := Load{Name: name}
	records := make([]Record, len(parts))
	for i, p := range parts {
		records[i] = p.Record
		w := Want{Kind: p.kind, Reason: p.reason, Pointer: p.pointer, Batch: p.batch, Size: int64(len(p.Value)) + p.Zeros}
		sum := sha256.New()
		sum.Write(p.Value)
		if _, err := io.CopyN(sum, zeros{}, p.Zeros); err != nil {
			return Load{}, err
		}
		sum.Sum(w.SHA256[:0])
		l.Want = append(l.Want, w)
	}
	var err error
	l.Batch, err = Batch(codec, records...)
	return l, err
}
