package fetch

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/compress"
	"github.com/twmb/franz-go/pkg/kmsg"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A made batch is one as a broker would store it, with whatever faults a test wants.
type made struct {
	base, last  int64
	attributes  int16
	first, max  int64
	producer    int64
	count       int32 // 0 means as many as there are bodies
	bodies      [][]byte
	breakHash   bool
	compression compress.Compression
	epoch       int32
}

func (m made) bytes(t testing.TB) []byte {
	t.Helper()
	var records bytes.Buffer
	for _, body := range m.bodies {
		records.Write(binary.AppendVarint(nil, int64(len(body))))
		records.Write(body)
	}
	payload := records.Bytes()
	if m.compression != compress.None {
		var packed bytes.Buffer
		w := m.compression.Codec().NewWriter(&packed)
		if _, err := w.Write(payload); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		payload = packed.Bytes()
	}
	if m.count == 0 {
		m.count = int32(len(m.bodies))
	}
	be := binary.BigEndian
	var tail []byte // what the checksum covers
	tail = be.AppendUint16(tail, uint16(m.attributes)|uint16(m.compression))
	tail = be.AppendUint32(tail, uint32(m.last-m.base))
	tail = be.AppendUint64(tail, uint64(m.first))
	tail = be.AppendUint64(tail, uint64(m.max))
	tail = be.AppendUint64(tail, uint64(m.producer))
	tail = be.AppendUint16(tail, 0)
	tail = be.AppendUint32(tail, 0)
	tail = be.AppendUint32(tail, uint32(m.count))
	tail = append(tail, payload...)

	sum := crc32.Checksum(tail, castagnoli)
	if m.breakHash {
		sum++
	}
	var b []byte
	b = be.AppendUint64(b, uint64(m.base))
	b = be.AppendUint32(b, uint32(4+1+4+len(tail)))
	b = be.AppendUint32(b, uint32(m.epoch))
	b = append(b, 2)
	b = be.AppendUint32(b, sum)
	return append(b, tail...)
}

// body is a record's, with a key, a value and one header.
func body(offsetDelta, timeDelta int64, key, value string) []byte {
	b := []byte{0}
	b = binary.AppendVarint(b, timeDelta)
	b = binary.AppendVarint(b, offsetDelta)
	b = append(binary.AppendVarint(b, int64(len(key))), key...)
	b = append(binary.AppendVarint(b, int64(len(value))), value...)
	b = binary.AppendVarint(b, 1)
	b = append(binary.AppendVarint(b, 1), 'h')
	return append(binary.AppendVarint(b, 1), 'v')
}

// sealed replaces a batch's records by any bytes, with the checksum to match.
func sealed(batch, payload []byte) []byte {
	raw := append(bytes.Clone(batch[:batchHead]), payload...)
	binary.BigEndian.PutUint32(raw[8:], uint32(len(raw)-sizeEnd))
	binary.BigEndian.PutUint32(raw[checksumAt:], crc32.Checksum(raw[checksummed:], castagnoli))
	return raw
}

// responseOf is a broker's response that holds the batches, after its header.
func responseOf(code int16, aborted []kmsg.FetchResponseTopicPartitionAbortedTransaction, batches ...[]byte) []byte {
	partition := kmsg.NewFetchResponseTopicPartition()
	partition.ErrorCode = code
	partition.HighWatermark = 1000
	partition.AbortedTransactions = aborted
	partition.RecordBatches = bytes.Join(batches, nil)
	topic := kmsg.NewFetchResponseTopic()
	topic.Partitions = append(topic.Partitions, partition)
	m := kmsg.NewPtrFetchResponse()
	m.Version = Version
	m.Topics = append(m.Topics, topic)
	return m.AppendTo(nil)
}

var roomy = Limits{Record: 1 << 20, Large: 1 << 20}

// readAll reads a response to its end, and the error that is not io.EOF.
func readAll(t testing.TB, body []byte, offset int64, lim Limits) (recs []Record, next int64, err error) {
	t.Helper()
	res, err := parseResponse(body, Request{Offset: offset, LastEpoch: -1})
	if err != nil {
		return nil, offset, err
	}
	defer res.Close()
	for {
		rec, err := res.Next(lim)
		if err != nil {
			return recs, res.NextOffset(), err
		}
		recs = append(recs, rec)
	}
}

func header(rec Record) kafka.Header {
	if len(rec.Headers) != 1 {
		return kafka.Header{}
	}
	return rec.Headers[0]
}
