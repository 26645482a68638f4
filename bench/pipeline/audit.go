package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"

	"turnkey-gateway/ingest"
	"turnkey-gateway/ingest/fetch"
)

// audited is how many places of each partition are looked at; at each, what one fetch
// brings.
const audited = 3

// audit holds the outcomes of a drain against what was sent: their number, and at some
// places their bytes, their sender and what they say. A contender that has drained only a
// part has begun more than that.
func (g *ground) audit(ctx context.Context, who string, b *backlog, t ingest.Topics, part int) error {
	ends, err := g.ends(ctx, t.Verified, b.partitions)
	if err != nil {
		return err
	}
	n := 0
	for _, end := range ends {
		n += int(end)
	}
	if n < part || n > b.count || part == b.count && n != part {
		return fmt.Errorf("%d verified messages, not %d", n, part)
	}
	for _, topic := range []string{t.Rejected, t.Quarantine} {
		n, err := g.stored(ctx, topic, b.partitions)
		if err == nil && n > 0 {
			err = fmt.Errorf("%d records on %s: all messages are to be verified", n, topic)
		}
		if err != nil {
			return err
		}
	}
	checked := 0
	for p, end := range ends {
		for range min(audited, end) {
			n, err := g.inspect(ctx, who, b, t, p, rand.N(end))
			if err != nil {
				return err
			}
			checked += n
		}
	}
	if checked == 0 {
		return errors.New("no outcome could be looked at")
	}
	return nil
}

// inspect looks at what one fetch brings from an offset on, and returns how much.
func (g *ground) inspect(ctx context.Context, who string, b *backlog, t ingest.Topics, partition int, offset int64) (n int, err error) {
	res, err := g.fetch(ctx, t.Verified, partition, offset, 64<<10)
	if err != nil {
		return 0, err
	}
	defer res.Close()
	for ; ; n++ {
		rec, err := res.Next(fetch.Limits{Record: 4 << 20, Large: 4 << 20})
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err == nil {
			err = b.check(who, partition, rec)
		}
		if err != nil {
			return n, fmt.Errorf("outcome at offset %d of %s/%d: %w", rec.Offset, t.Verified, partition, err)
		}
	}
}

// check holds an outcome against the message that it must be of: all keep each
// partition's order, so it is the one at its own offset.
func (b *backlog) check(who string, partition int, rec fetch.Record) error {
	s, doc := b.message(b.at(partition, rec.Offset))
	if !bytes.Equal(rec.Value, doc) {
		return fmt.Errorf("%d bytes that are not the %d that were sent", len(rec.Value), len(doc))
	}
	said := map[string]string{}
	for _, h := range rec.Headers {
		said[h.Key] = string(h.Value)
	}
	want := map[string]string{}
	switch who {
	case gatewayName:
		source := ingest.Source{Topic: b.inbound, Partition: partition, Offset: rec.Offset}
		want = map[string]string{
			ingest.HeaderVerdict: ingest.VerdictVerified, ingest.HeaderReason: "VERIFIED",
			ingest.HeaderSource: source.String(), ingest.HeaderEventID: source.EventID(),
			ingest.HeaderAccount: s.account, ingest.HeaderSignerSHA256: s.certificate.Fingerprint().String(),
		}
	case plainName:
		want["verdict"] = "verified"
	}
	for name, value := range want {
		if said[name] != value {
			return fmt.Errorf("its %s is %q, not %q", name, said[name], value)
		}
	}
	if string(rec.Key) != s.account {
		return fmt.Errorf("its key is %q, not %q", rec.Key, s.account)
	}
	return nil
}
