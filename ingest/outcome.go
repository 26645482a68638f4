package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/verifier"
)

// headerLimit is the longest value, in bytes, of a header taken from a document.
const headerLimit = 256

// pointerKeyLimit is the longest key, in bytes, that a pointer keeps.
const pointerKeyLimit = 4096

// outcome is the record to append for an item: the value, key and foreign headers as
// they came, or a pointer to them, with our headers first.
func (it *item) outcome(now time.Time) kafka.Record {
	rec := kafka.Record{
		Time:    it.rec.Time,
		Key:     kafka.NewBytes(it.rec.Key),
		Value:   kafka.NewBytes(it.rec.Value),
		Headers: it.headers(now),
	}
	if it.unstamped {
		rec.Time = time.Time{}
	}
	if it.pointed() {
		rec.Value = kafka.NewBytes(it.pointer())
		if len(it.rec.Key) > pointerKeyLimit {
			rec.Key = nil
		}
	}
	return rec
}

// size is about how many bytes the outcome takes in a batch. Our headers are counted as
// they mostly are; where they are longer, a batch may have to be split.
func (it *item) size() int {
	const framing, ours = 32, 1024
	n := framing + ours + len(it.rec.Key) + len(it.rec.Value)
	for _, h := range it.rec.Headers {
		n += len(h.Key) + len(h.Value) + framing
	}
	return n
}

// headers are ours, in an order that stays, then those that passed through.
func (it *item) headers(now time.Time) []kafka.Header {
	h := make(headerList, 0, 16+len(it.rec.Headers))
	h.add(HeaderEventID, it.source.EventID())
	if it.cause == CauseNone {
		h = append(h, it.stated...)
	} else {
		h.add(HeaderVerdict, VerdictQuarantined)
		h.add(HeaderReason, string(it.cause))
		h.addBytes(HeaderDetail, it.causeDetail())
		h.add(HeaderDecidedAt, stamp(now))
	}
	h.add(HeaderSource, it.source.String())
	h.addSome(HeaderAccount, it.account)
	if it.pointed() {
		return h
	}
	received := false
	for _, in := range it.rec.Headers {
		switch {
		case in.Key == HeaderReceivedAt && !received && len(in.Value) <= headerLimit:
			received = true
			h.addBytes(HeaderReceivedAt, in.Value)
		case !ours(in.Key):
			h.addBytes(in.Key, in.Value)
		}
	}
	return h
}

// stated are the headers that say what a verdict is and what it rests on.
func stated(v verifier.Verdict, s verifier.Sender, decided time.Time) headerList {
	h := make(headerList, 0, 11)
	if v.Verified() {
		h.add(HeaderVerdict, VerdictVerified)
	} else {
		h.add(HeaderVerdict, VerdictRejected)
	}
	h.add(HeaderReason, v.Reason().String())
	h.addBytes(HeaderDetail, v.Detail().JSON())
	h.addSome(HeaderParty, string(v.Party()))
	if cert, ok := v.Signer(); ok {
		h.add(HeaderSignerSHA256, cert.Fingerprint().String())
		h.add(HeaderSignerSerial, cert.Serial())
	}
	h.addSome(HeaderMessageType, v.Info().Type)
	h.addSome(HeaderMessageID, v.Info().ID)
	h.add(HeaderRegistryVersion, s.Epoch+"/"+strconv.FormatUint(s.Version, 10))
	h.add(HeaderDecidedAt, stamp(decided))
	if sum, ok := v.SignedSHA256(); ok {
		h.add(HeaderSignedSHA256, hex.EncodeToString(sum[:]))
	}
	return h
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// causeDetail is what the detail of a verdict is, for a quarantined record.
func (it *item) causeDetail() []byte {
	return mustJSON(struct {
		Reason  Cause  `json:"reason"`
		Message string `json:"message"`
	}{it.cause, it.cause.words()})
}

// pointer says where the value is that is not here.
func (it *item) pointer() []byte {
	size, sum := it.rec.Size, it.rec.Digest
	if it.cause == OutcomeUnwritable {
		size, sum = int64(len(it.rec.Value)), sha256.Sum256(it.rec.Value)
	}
	return mustJSON(struct {
		Source string `json:"source"`
		Size   int64  `json:"size"`
		SHA256 string `json:"sha256"`
	}{it.source.String(), size, hex.EncodeToString(sum[:])})
}

func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers only
	}
	return text
}

type headerList []kafka.Header

func (h *headerList) add(name, value string) { h.addBytes(name, []byte(value)) }
func (h *headerList) addBytes(name string, value []byte) {
	*h = append(*h, kafka.Header{Key: name, Value: value})
}

// addSome leaves out what is not known, or too long to be what it claims.
func (h *headerList) addSome(name, value string) {
	if value != "" && len(value) <= headerLimit {
		h.add(name, value)
	}
}
