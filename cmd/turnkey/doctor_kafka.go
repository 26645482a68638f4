package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest"
)

// examineKafka asks the cluster what a gateway asks at its start, and how its
// partitions are at the moment.
func (d *doctor) examineKafka(ctx context.Context) {
	const check = "kafka"
	if len(d.brokers) == 0 {
		d.unset(check, "BROKERS")
		return
	}
	transport := &kafka.Transport{DialTimeout: 5 * time.Second}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(d.brokers...), Transport: transport, Timeout: 10 * time.Second}
	names := []string{d.topics.Inbound, d.topics.Verified, d.topics.Rejected, d.topics.Quarantine}
	meta, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: names})
	if err != nil {
		d.unreachable(err)
		return
	}
	d.report.ok(check, "%d broker(s) behind %s", len(meta.Brokers), strings.Join(d.brokers, ", "))
	found, err := ingest.Preflight(ctx, client, ingest.Config{Topics: d.topics})
	if err != nil {
		d.unreachable(err)
		return
	}
	for _, name := range names {
		for _, f := range found {
			if f.Subject == name {
				d.report.add("topic "+name, statuses[f.Level], f.Text, f.Mend)
			}
		}
		i := slices.IndexFunc(meta.Topics, func(t kafka.Topic) bool { return t.Name == name })
		if i >= 0 && meta.Topics[i].Error == nil {
			d.examinePartitions("topic "+name, meta.Topics[i].Partitions)
		}
	}
}

var statuses = map[ingest.Level]status{ingest.OK: statusOK, ingest.Warning: statusWarn, ingest.Problem: statusFail}

func (d *doctor) unreachable(err error) {
	d.report.fail("kafka", err.Error(), "check the addresses ("+strings.Join(d.brokers, ", ")+
		"), that the brokers run, and what they advertise (advertised.listeners)")
}

// examinePartitions looks at which partitions can be read and written now.
func (d *doctor) examinePartitions(check string, partitions []kafka.Partition) {
	offline, behind := 0, 0
	for _, p := range partitions {
		switch {
		case len(p.Isr) == 0:
			offline++
		case len(p.Isr) < len(p.Replicas):
			behind++
		}
	}
	switch {
	case offline > 0:
		d.report.fail(check, fmt.Sprintf("%d of %d partitions have no replica in sync", offline, len(partitions)), "bring the missing brokers back")
	case behind > 0:
		d.report.warn(check, fmt.Sprintf("%d of %d partitions have replicas out of sync", behind, len(partitions)),
			"see whether a broker is down or slow; it mends itself once that is back")
	default:
		d.report.ok(check, "all replicas in sync")
	}
}
