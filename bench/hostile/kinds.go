package hostile

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go/compress"

	"turnkey-gateway/ingest"
	"turnkey-gateway/verifier"
)

// Sizes bound what Poisons makes.
type Sizes struct {
	// Record is the largest record in bytes; the inbound topic must take 64 KiB more.
	Record int

	// Bomb is to how many bytes the bombs inflate.
	Bomb int64
}

// Poisons makes one load of each kind that has to pass without harm. Account is who sends
// those that are judged; what it has registered doesn't matter.
func Poisons(account string, size Sizes) ([]Load, error) {
	key := []byte(account)
	doc := func(text string) Record { return Record{Key: key, Value: []byte(text)} }
	huge := bytes.Repeat([]byte("<a/>"), size.Record/4)
	const mebi = 1 << 20
	var many, wide []part
	for range 4 { // two inflate to more than a gateway has room for by default
		wide = append(wide, pointed(Record{Key: key, Zeros: 17 * mebi, Headers: 1001}, ingest.RecordOversize))
	}
	for range max(1, size.Bomb/(8*mebi)) {
		many = append(many, rejected(Record{Key: key, Zeros: 8 * mebi}, verifier.MalformedXML))
	}
	kinds := []struct {
		name  string
		codec compress.Compression
		parts []part
	}{
		{fmt.Sprintf("record of %d MB", size.Record/1e6), compress.None, []part{rejected(Record{Key: key, Value: huge}, verifier.TooLarge)}},
		{fmt.Sprintf("record of %d MB of nobody", size.Record/1e6), compress.None, []part{quarantined(Record{Value: huge}, ingest.AccountMissing)}},
		{"depth 10^6", compress.None, []part{rejected(doc(strings.Repeat("<a>", 1e6)+strings.Repeat("</a>", 1e6)), verifier.TooLarge)}},
		{"10^5 attributes", compress.None, []part{rejected(doc(attributes(1e5)), verifier.TooLarge)}},
		{"DTD", compress.None, []part{rejected(doc(laughs), verifier.ForbiddenXML)}},
		{"invalid UTF-8", compress.None, []part{rejected(doc("<a>\xff\xfe</a>"), verifier.MalformedXML)}},
		{"empty", compress.None, []part{rejected(Record{Key: key, Value: []byte{}}, verifier.MalformedXML)}},
		{"null", compress.None, []part{rejected(Record{Key: key}, verifier.MalformedXML)}},
		{"10^5 headers", compress.None, []part{pointed(Record{Key: key, Value: []byte("<a/>"), Headers: 1e5}, ingest.RecordOversize)}},
		{"5 x 10^5 headers", compress.None, []part{pointed(Record{Key: key, Value: []byte("<a/>"), Headers: min(size.Record, 15e5) / 3}, ingest.RecordOversize)}},
		{"key of 1 MB", compress.None, []part{quarantined(Record{Key: bytes.Repeat([]byte("k"), 1e6), Value: []byte("<a/>")}, ingest.AccountInvalid)}},
		{"gzip bomb", compress.Gzip, []part{pointed(Record{Key: key, Zeros: size.Bomb}, ingest.RecordOversize)}},
		{"zstd bomb", compress.Zstd, []part{pointed(Record{Key: key, Zeros: size.Bomb}, ingest.RecordOversize)}},
		{"snappy bomb of one block", compress.Snappy, []part{unreadable(Record{Key: key, Zeros: min(size.Bomb, 64*mebi)})}},
		{"zstd bomb of many records", compress.Zstd, many},
		{"gzip batch of large records of too many headers", compress.Gzip, wide},
		{"zstd bomb of headers", compress.Zstd, []part{pointed(Record{Key: key, Value: []byte("<a/>"), Headers: 2e6}, ingest.RecordOversize)}},
	}
	var all []Load
	for _, k := range kinds {
		l, err := load(k.name, k.codec, k.parts...)
		if err != nil {
			return nil, fmt.Errorf("make poison %q: %w", k.name, err)
		}
		all = append(all, l)
	}
	return all, nil
}

func attributes(n int) string {
	var b strings.Builder
	b.WriteString("<a")
	for i := range n {
		fmt.Fprintf(&b, ` a%d=""`, i)
	}
	b.WriteString("/>")
	return b.String()
}

const laughs = `<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>`
