package ingest

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
)

// The version that brokers are upgraded to, and how they call what it finalises.
const newerKafka, newerRelease = "4.4.0", "4.4"

// Brokers are replaced by a newer version one after another, under traffic, and what the
// newer version stores is then allowed: nothing is lost, order is kept, no committed offset
// goes back.
func TestRollingUpgrade(t *testing.T) {
	var c ownCluster
	defer c.end()
	c.start(t, "")
	w := c.world(t, 3)
	var sent []*kgo.Record
	var total atomic.Int64
	var enough atomic.Bool
	sending := make(chan struct{})
	go func() {
		defer close(sending)
		tick := time.NewTicker(50 * time.Millisecond) // a rate, so that brokers have time to start
		defer tick.Stop()
		for !enough.Load() && t.Context().Err() == nil {
			few := w.records(10)
			w.send(few...)
			sent = append(sent, few...)
			total.Add(10)
			<-tick.C
		}
	}()
	defer func() { enough.Store(true); <-sending }()
	g := w.start(Parts{}, nil)
	// goesOn waits until records that were sent from now on have been judged.
	goesOn := func() {
		t.Helper()
		now := total.Load()
		settled(t, "judged", func() bool { return w.stored(kinds[1:]...) > now+30 })
	}
	goesOn()
	if err := c.Use(t.Context(), newerKafka); err != nil {
		t.Fatal(err)
	}
	for i := range c.Processes {
		if err := c.Processes[i].Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		goesOn()
		c.restart(t, i)
		settled(t, "everything in sync", func() bool { return c.inSync(t) })
	}
	release := func(command string) string {
		out, err := c.Tool(t.Context(), "org.apache.kafka.tools.FeatureCommand",
			append([]string{"--bootstrap-server", strings.Join(c.Addresses, ",")}, strings.Fields(command)...)...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	before := release("describe")
	settled(t, "features upgraded", func() bool { // the controller hears of brokers' versions one after another
		_, err := c.Tool(t.Context(), "org.apache.kafka.tools.FeatureCommand",
			"--bootstrap-server", strings.Join(c.Addresses, ","), "upgrade", "--release-version", newerRelease)
		return err == nil
	})
	if after := release("describe"); after == before || !strings.Contains(after, "FinalizedVersionLevel: "+newerRelease) {
		t.Errorf("features before:\n%s\nand after:\n%s", before, after)
	}
	goesOn()
	enough.Store(true)
	<-sending
	got := w.outcomes(len(sent))
	eventuallyCommitted(t, w, sent)
	g.stop()
	w.checkNoneLost(w.byID(sent), got)
	w.checkNoneRewound(sent)
	t.Logf("%d outcomes for %d records", len(got), len(sent))
}

// inSync tells whether all replicas of all topics are, Kafka's own included.
func (c *ownCluster) inSync(t testing.TB) bool {
	client := &kafka.Client{Addr: kafka.TCP(c.Addresses...), Timeout: 5 * time.Second, Transport: &kafka.Transport{MetadataTTL: 50 * time.Millisecond}}
	defer client.Transport.(*kafka.Transport).CloseIdleConnections()
	res, err := client.Metadata(t.Context(), &kafka.MetadataRequest{})
	if err != nil {
		return false
	}
	for _, topic := range res.Topics {
		for _, p := range topic.Partitions {
			if len(p.Isr) < len(p.Replicas) || p.Error != nil {
				return false
			}
		}
	}
	return len(res.Topics) > 0
}
