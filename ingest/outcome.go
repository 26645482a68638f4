package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"

	"turnkey-gateway/ingest/produce"
)

// headerLimit is the longest value, in bytes, of a header taken from a document.
const headerLimit = 256

// pointerKeyLimit is the longest key, in bytes, that a pointer keeps.
const pointerKeyLimit = 4096

// appendTo appends the outcome of an item to a batch: the value, key and foreign headers
// as they came, or a pointer to them, with our headers first. The headers are for scratch.
func (it *item) appendTo(batch *produce.Batch, h *produce.Headers, now time.Time) {
	h.Reset()
	it.headers(h, now)
	at, key, value := it.rec.Time, it.rec.Key, it.rec.Value
	if it.unstamped {
		at = time.Time{}
	}
	if it.pointed() {
		value = it.pointer()
		if len(key) > pointerKeyLimit {
			key = nil
		}
	}
	batch.Append(at, key, value, h)
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

// headers adds ours, in an order that stays, then those that passed through.
func (it *item) headers(h *produce.Headers, now time.Time) {
	var room [512]byte
	event := it.source.EventHash()
	h.Add(HeaderEventID, hex.AppendEncode(room[:0], event[:]))
	if it.cause == CauseNone {
		h.AddAll(&it.stated)
	} else {
		h.AddString(HeaderVerdict, VerdictQuarantined)
		h.AddString(HeaderReason, string(it.cause))
		h.Add(HeaderDetail, it.causeDetail())
		h.AddString(HeaderDecidedAt, stamp(now))
	}
	h.Add(HeaderSource, it.source.append(room[:0]))
	addSome(h, HeaderAccount, it.account)
	if it.pointed() {
		return
	}
	received := false
	for _, in := range it.rec.Headers {
		switch {
		case in.Key == HeaderReceivedAt && !received && len(in.Value) <= headerLimit:
			received = true
			h.Add(HeaderReceivedAt, in.Value)
		case !ours(in.Key):
			h.Add(in.Key, in.Value)
		}
	}
}

// state makes the headers that say what the verdict is and what it rests on. Decided is
// when it was made, as a stamp.
func (it *item) state(decided string) {
	v, s, h := &it.verdict, &it.sender, &it.stated
	var room [512]byte
	h.Reset()
	if v.Verified() {
		h.AddString(HeaderVerdict, VerdictVerified)
	} else {
		h.AddString(HeaderVerdict, VerdictRejected)
	}
	h.AddString(HeaderReason, v.Reason().String())
	h.Add(HeaderDetail, v.Detail().JSON())
	addSome(h, HeaderParty, string(v.Party()))
	if cert, ok := v.Signer(); ok {
		f := cert.Fingerprint()
		h.Add(HeaderSignerSHA256, hex.AppendEncode(room[:0], f[:]))
		h.AddString(HeaderSignerSerial, cert.Serial())
	}
	info := v.Info()
	addSome(h, HeaderMessageType, info.Type)
	addSome(h, HeaderMessageID, info.ID)
	h.Add(HeaderRegistryVersion, strconv.AppendUint(append(append(room[:0], s.Epoch...), '/'), s.Version, 10))
	h.AddString(HeaderDecidedAt, decided)
	if sum, ok := v.SignedSHA256(); ok {
		h.Add(HeaderSignedSHA256, hex.AppendEncode(room[:0], sum[:]))
	}
}

// addSome leaves out what is not known, or too long to be what it claims.
func addSome(h *produce.Headers, name, value string) {
	if value != "" && len(value) <= headerLimit {
		h.AddString(name, value)
	}
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
