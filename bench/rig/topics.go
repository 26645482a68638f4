package rig

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest"
)

// MaxMessage is the inbound topic's max.message.bytes; the outputs' is 64 KiB more.
const MaxMessage = 4 << 20

// TopicsOf are topics that share the beginning of their names.
func TopicsOf(name string) ingest.Topics {
	return ingest.Topics{
		Inbound: name + ".inbound", Verified: name + ".verified", Rejected: name + ".rejected", Quarantine: name + ".quarantine",
	}
}

// CreateTopics makes the inbound topic, stamped by the broker, and its outputs with as
// many partitions, and waits until every partition's leader answers.
func CreateTopics(ctx context.Context, brokers []string, topics ingest.Topics, partitions, replicas int) error {
	return createTopics(ctx, brokers, topics, partitions, replicas, "CreateTime")
}

// CreateAuditedTopics is CreateTopics for an [Audit]: the broker stamps the outputs too.
func CreateAuditedTopics(ctx context.Context, brokers []string, topics ingest.Topics, partitions, replicas int) error {
	return createTopics(ctx, brokers, topics, partitions, replicas, "LogAppendTime")
}

func createTopics(ctx context.Context, brokers []string, topics ingest.Topics, partitions, replicas int, outputs string) error {
	client, end := newClient(brokers)
	defer end()
	req := &kafka.CreateTopicsRequest{}
	names := []string{topics.Inbound, topics.Verified, topics.Rejected, topics.Quarantine}
	for _, name := range names {
		size, stamp := MaxMessage+64<<10, outputs
		if name == topics.Inbound {
			size, stamp = MaxMessage, "LogAppendTime"
		}
		req.Topics = append(req.Topics, kafka.TopicConfig{
			Topic: name, NumPartitions: partitions, ReplicationFactor: replicas,
			ConfigEntries: []kafka.ConfigEntry{
				{ConfigName: "message.timestamp.type", ConfigValue: stamp},
				{ConfigName: "max.message.bytes", ConfigValue: fmt.Sprint(size)},
			},
		})
	}
	res, err := client.CreateTopics(ctx, req)
	for again := 0; err != nil && again < 20 && ctx.Err() == nil; again++ {
		// A kept connection may be to a broker that was ended, and a controller be away.
		time.Sleep(250 * time.Millisecond)
		res, err = client.CreateTopics(ctx, req)
	}
	if err != nil {
		return fmt.Errorf("create topics: %w", err)
	}
	for name, err := range res.Errors {
		if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			return fmt.Errorf("create topic %s: %w", name, err)
		}
	}
	if err := awaitLeaders(ctx, client, names, partitions); err != nil {
		return err
	}
	for _, broker := range brokers {
		if err := awaitKnown(ctx, broker, names, partitions); err != nil {
			return fmt.Errorf("broker %s: %w", broker, err)
		}
	}
	return nil
}

// StampOutputs has the broker put its own time on the outputs' records too, so that it is
// known when each was appended (see [Stamped]), and lets it delete all but the latest
// bytes of each partition from time to time.
func StampOutputs(ctx context.Context, brokers []string, topics ingest.Topics, keep int64) error {
	return configure(ctx, brokers, topics, func(bool) map[string]string {
		return map[string]string{
			"message.timestamp.type": "LogAppendTime", "retention.bytes": fmt.Sprint(keep),
			"segment.bytes": fmt.Sprint(keep / 4), "file.delete.delay.ms": "1000",
		}
	})
}

// Enlarge sets the inbound topic's max.message.bytes, and the outputs' to 64 KiB more.
func Enlarge(ctx context.Context, brokers []string, topics ingest.Topics, maxMessage int) error {
	return configure(ctx, brokers, topics, func(output bool) map[string]string {
		size := maxMessage
		if output {
			size += 64 << 10
		}
		return map[string]string{"max.message.bytes": fmt.Sprint(size)}
	})
}

// configure changes settings of the topics.
func configure(ctx context.Context, brokers []string, topics ingest.Topics, settings func(output bool) map[string]string) error {
	client, end := newClient(brokers)
	defer end()
	req := &kafka.IncrementalAlterConfigsRequest{}
	for _, name := range []string{topics.Inbound, topics.Verified, topics.Rejected, topics.Quarantine} {
		var changes []kafka.IncrementalAlterConfigsRequestConfig
		for setting, value := range settings(name != topics.Inbound) {
			changes = append(changes, kafka.IncrementalAlterConfigsRequestConfig{Name: setting, Value: value, ConfigOperation: kafka.ConfigOperationSet})
		}
		req.Resources = append(req.Resources, kafka.IncrementalAlterConfigsRequestResource{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: name, Configs: changes,
		})
	}
	res, err := client.IncrementalAlterConfigs(ctx, req)
	if err != nil {
		return fmt.Errorf("configure topics: %w", err)
	}
	for _, r := range res.Resources {
		if r.Error != nil {
			return fmt.Errorf("configure topic %s: %w", r.ResourceName, r.Error)
		}
	}
	return nil
}

// DeleteTopics deletes what CreateTopics made, as far as it is there.
func DeleteTopics(ctx context.Context, brokers []string, topics ingest.Topics) error {
	client, end := newClient(brokers)
	defer end()
	res, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{
		Topics: []string{topics.Inbound, topics.Verified, topics.Rejected, topics.Quarantine},
	})
	if err != nil {
		return fmt.Errorf("delete topics: %w", err)
	}
	for name, err := range res.Errors {
		if err != nil && !errors.Is(err, kafka.UnknownTopicOrPartition) {
			return fmt.Errorf("delete topic %s: %w", name, err)
		}
	}
	return nil
}

// awaitLeaders waits until every partition's leader answers as such, which is some time after
// metadata name it.
func awaitLeaders(ctx context.Context, client *kafka.Client, names []string, partitions int) error {
	req := &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{}}
	for _, name := range names {
		for id := range partitions {
			req.Topics[name] = append(req.Topics[name], kafka.FirstOffsetOf(id))
		}
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		lead := 0
		res, err := client.ListOffsets(ctx, req)
		if err == nil {
			for _, answers := range res.Topics {
				for _, p := range answers {
					if p.Error == nil {
						lead++
					}
				}
			}
			if lead == partitions*len(names) {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d partitions have a leader that answers: %w", lead, partitions*len(names), errors.Join(err, ctx.Err()))
		case <-tick.C:
		}
	}
}

// awaitKnown waits until one broker tells of all partitions: each learns of topics for itself.
func awaitKnown(ctx context.Context, broker string, names []string, partitions int) error {
	return Eventually(ctx, "it knows the topics", time.Minute, func(ctx context.Context) (bool, error) {
		conn, err := (&kafka.Dialer{}).DialContext(ctx, "tcp", broker)
		if err != nil {
			return false, err
		}
		defer conn.Close()
		known, err := conn.ReadPartitions(names...)
		return len(known) == partitions*len(names), err
	})
}
