package fetch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sort"
	"sync"
)

// A Response holds the records of one fetch. It is used by one goroutine; its
// records stay valid until Close.
type Response struct {
	// HighWatermark is the offset after the last record stored by all replicas.
	HighWatermark int64

	code    int16
	aborted []abortedTransaction // by first offset
	release func()
	once    sync.Once

	// What is left to decode, see records.go.
	rest    []byte
	batch   *batch
	aborts  map[int64]bool // producers whose running transaction was aborted
	next    int64
	decoded bool  // whether any whole batch was seen
	damage  error // what is wrong with the next batch
}

// abortedTransaction is one that a reader of committed records must leave out.
type abortedTransaction struct{ producer, first int64 }

// NextOffset is where to fetch from once the records given out so far are done.
func (r *Response) NextOffset() int64 { return r.next }

// Compressed reports whether the next record comes from a compressed batch, and so
// takes memory on top of the response's. Damage shows only in Next.
func (r *Response) Compressed() bool {
	if r.batch == nil && r.open() != nil {
		return false
	}
	return r.batch.inflated != nil
}

// Close gives back what was reserved for the response. It may be called again, and
// on nil.
func (r *Response) Close() {
	if r == nil {
		return
	}
	r.once.Do(func() {
		if r.batch != nil {
			r.batch.close()
		}
		if r.release != nil {
			r.release()
		}
	})
}

// parseResponse reads a response to a fetch of one partition, version 11, after its
// header.
func parseResponse(body []byte, offset int64) (*Response, error) {
	p := &parser{b: body}
	p.int32() // throttle time: the broker delays by itself
	res := &Response{next: offset, code: p.int16(), aborts: map[int64]bool{}}
	p.int32() // session
	if topics := p.int32(); p.ok() && topics == 0 && res.code != 0 {
		return res, nil
	} else if topics != 1 {
		return nil, fmt.Errorf("response holds %d topics, asked for one", topics)
	}
	p.bytes(int(p.int16())) // topic
	if n := p.int32(); n != 1 {
		return nil, fmt.Errorf("response holds %d partitions, asked for one", n)
	}
	p.int32() // partition
	if code := p.int16(); code != 0 {
		res.code = code
	}
	res.HighWatermark = p.int64()
	p.int64() // last stable offset
	p.int64() // log start offset
	for n := p.int32(); n > 0 && p.ok(); n-- {
		res.aborted = append(res.aborted, abortedTransaction{producer: p.int64(), first: p.int64()})
	}
	p.int32() // preferred replica: none, as no rack was named
	if n := p.int32(); n > 0 {
		res.rest = p.bytes(int(n))
	}
	if !p.ok() {
		return nil, errors.New("response ends early")
	}
	sort.Slice(res.aborted, func(i, j int) bool { return res.aborted[i].first < res.aborted[j].first })
	return res, nil
}

// A parser reads big-endian fields. After the first that is not there all are zero.
type parser struct {
	b     []byte
	short bool
}

func (p *parser) ok() bool { return !p.short }

func (p *parser) bytes(n int) []byte {
	if p.short || n < 0 || n > len(p.b) {
		p.short = true
		return nil
	}
	b := p.b[:n:n]
	p.b = p.b[n:]
	return b
}

func (p *parser) int8() int8 {
	if b := p.bytes(1); b != nil {
		return int8(b[0])
	}
	return 0
}

func (p *parser) int16() int16 {
	if b := p.bytes(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (p *parser) int32() int32 {
	if b := p.bytes(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (p *parser) int64() int64 {
	if b := p.bytes(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

// varint reads a zigzag varint, as all lengths inside a record are.
func (p *parser) varint() int64 {
	n, size := binary.Varint(p.b)
	if p.short || size <= 0 {
		p.short = true
		return 0
	}
	p.b = p.b[size:]
	return n
}

// nullable reads a byte string with a varint length, nil where that is -1.
func (p *parser) nullable() []byte {
	n := p.varint()
	if n == -1 {
		return nil
	}
	if n < 0 || n > int64(len(p.b)) {
		p.short = true
		return nil
	}
	return p.bytes(int(n))
}
