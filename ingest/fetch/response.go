package fetch

import (
	"encoding/binary"
	"fmt"
	"sort"
	"sync"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A Response holds the records of one fetch. It is used by one goroutine; its
// records stay valid until Close.
type Response struct {
	// HighWatermark is the offset after the last record stored by all replicas.
	HighWatermark int64

	code      int16
	diverged  *Diverged
	preferred int32                                                // the replica to ask instead, or leader
	aborted   []kmsg.FetchResponseTopicPartitionAbortedTransaction // by first offset
	release   func()                                               // gives back what was reserved, and the memory that records alias
	once      sync.Once

	// What is left to decode, see records.go.
	rest    []byte
	batch   *batch
	aborts  map[int64]bool // producers whose running transaction was aborted
	next    int64
	epoch   int32  // of what is before next, -1 unknown
	decoded bool   // whether any whole batch was seen
	damage  error  // what is wrong with the next batch
	damaged func() // told of it, if not nil
}

// A Diverged says that the record before the offset asked for is not in the partition's
// log, which has lost it: brokers elected a leader that did not have it (unclean leader
// election), or their storage went back in time. Others may stand at its offset now.
type Diverged struct {
	// Epoch and End are what both logs have at most: no offset from End on, and no
	// leader epoch after Epoch.
	Epoch int32
	End   int64
}

func (d *Diverged) Error() string {
	return fmt.Sprintf("the log was cut: what was read of it before is there up to offset %d (leader epoch %d) only", d.End, d.Epoch)
}

// NextOffset is where to fetch from once the records given out so far are done.
func (r *Response) NextOffset() int64 { return r.next }

// LastEpoch is the leader epoch of what is before NextOffset, -1 where that is unknown.
func (r *Response) LastEpoch() int32 { return r.epoch }

// refusal is the error that the response holds in place of records.
func (r *Response) refusal() error {
	switch {
	case r.code != 0:
		return kafka.Error(r.code)
	case r.diverged != nil:
		return r.diverged
	}
	return nil
}

// Inflating is how much memory, in bytes, the decompressor takes that the next record
// comes from; 0 where it comes from no compressed batch. The record itself takes more.
// Damage shows only in Next.
func (r *Response) Inflating() int64 {
	if r.batch != nil && r.batch.left == 0 {
		r.finish()
	}
	if r.batch == nil && r.open() != nil {
		return 0
	}
	return r.batch.memory
}

// Close gives back what was reserved for the response, and its memory: nothing of its
// records may be looked at afterwards, whatever was kept of them must be a copy. It may be
// called again, and on nil.
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

// parseResponse reads the body of a response to a fetch of one partition.
func parseResponse(body []byte, req Request) (*Response, error) {
	m := kmsg.NewPtrFetchResponse()
	m.Version = Version
	if err := m.ReadFrom(body); err != nil {
		return nil, fmt.Errorf("response of %d bytes: %w", len(body), err)
	}
	res := &Response{next: req.Offset, epoch: req.LastEpoch, code: m.ErrorCode, preferred: leader, aborts: map[int64]bool{}}
	if len(m.Topics) == 0 && res.code != 0 {
		return res, nil
	}
	if len(m.Topics) != 1 || len(m.Topics[0].Partitions) != 1 {
		return nil, fmt.Errorf("response holds %d topics, asked for one partition of one", len(m.Topics))
	}
	p := &m.Topics[0].Partitions[0]
	if p.ErrorCode != 0 {
		res.code = p.ErrorCode
	}
	if d := p.DivergingEpoch; d.EndOffset >= 0 || d.Epoch >= 0 {
		res.diverged = &Diverged{Epoch: d.Epoch, End: d.EndOffset}
	}
	res.HighWatermark = p.HighWatermark
	res.preferred = p.PreferredReadReplica
	res.rest = p.RecordBatches
	res.aborted = p.AbortedTransactions
	sort.Slice(res.aborted, func(i, j int) bool { return res.aborted[i].FirstOffset < res.aborted[j].FirstOffset })
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

// uvarint reads a varint, as all lengths outside of records are.
func (p *parser) uvarint() uint64 {
	n, size := binary.Uvarint(p.b)
	if p.short || size <= 0 {
		p.short = true
		return 0
	}
	p.b = p.b[size:]
	return n
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
