package wire

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
)

// An API is what a Kafka request asks for: its api_key.
type API int16

const (
	Produce      API = 0
	Fetch        API = 1
	Metadata     API = 3
	OffsetCommit API = 8
	JoinGroup    API = 11
	Heartbeat    API = 12
	LeaveGroup   API = 13
	SyncGroup    API = 14
)

// A Part of an exchange is what is lost of it.
type Part int

const (
	Request   Part = iota // the broker never sees it
	HalfAsked             // the broker gets half of the request and no more
	Answer                // the broker has done what was asked, and nobody learns of it
)

// A Loss says which exchanges lose what.
type Loss struct {
	API  API
	Part Part

	// Silent leaves the connection open, where nothing more is carried; else it is reset.
	Silent bool
}

// frameLimit is the longest request or answer, in bytes.
const frameLimit = 64 << 20

// readFrame reads one request or answer with its length. Half a frame is dropped.
func readFrame(from *net.TCPConn) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > frameLimit {
		return nil, fmt.Errorf("a frame of %d bytes", n)
	}
	frame := make([]byte, 4+n)
	copy(frame, head[:])
	_, err := io.ReadFull(from, frame[4:])
	if err != nil {
		return nil, err
	}
	return frame, nil
}

// spare reports whether a parcel with a whole frame is to be carried; it may be cut in
// half.
func (l *link) spare(p *parcel, up bool) bool {
	if up {
		return l.spareRequest(p)
	}
	return l.spareAnswer(p)
}

// spareRequest looks at a request: length, api_key, api_version, correlation_id.
func (l *link) spareRequest(p *parcel) bool {
	if len(p.data) < 12 {
		return true
	}
	f := l.wire.loss(API(binary.BigEndian.Uint16(p.data[4:])))
	if f == nil {
		return true
	}
	switch f.loss.Part {
	case Answer:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.answers[int32(binary.BigEndian.Uint32(p.data[8:]))] = f
		return true
	case HalfAsked:
		f.strike()
		p.data, p.lose = p.data[:len(p.data)/2], f
		return true
	default:
		f.strike()
		l.lose(f)
		return false
	}
}

// spareAnswer looks at an answer: length, correlation_id.
func (l *link) spareAnswer(p *parcel) bool {
	if len(p.data) < 8 {
		return true
	}
	id := int32(binary.BigEndian.Uint32(p.data[4:]))
	l.mu.Lock()
	f := l.answers[id]
	delete(l.answers, id)
	l.mu.Unlock()
	if f == nil || f.isHealed() {
		return true
	}
	f.strike()
	l.lose(f)
	return false
}

// lose ends the link in the way of the fault.
func (l *link) lose(f *Fault) {
	if f.loss.Silent {
		l.swallow(f)
	} else {
		l.reset()
	}
}

// loss returns a fault that strikes an exchange of this kind, nil if there is none.
func (w *Wire) loss(api API) *Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.faults {
		if f.kind == lose && f.loss.API == api && f.claim() {
			return f
		}
	}
	return nil
}
