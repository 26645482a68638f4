package ingest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"turnkey-gateway/ingest/fetch"
)

// A Level says how much a finding matters.
type Level string

const (
	OK      Level = "ok"
	Warning Level = "warning" // works, but not as it should in service
	Problem Level = "problem" // a gateway refuses to start
)

// A Finding is one thing that [Preflight] looked at.
type Finding struct {
	Level   Level
	Subject string // a topic, or Kafka
	Text    string // what was found
	Mend    string // what to do about it; empty where Level is OK
}

// outcomeRoom is how many bytes an outcome may take on top of its record.
const outcomeRoom = 64 << 10

// Preflight looks at whether the topics fit the promises: they exist, the outputs have
// a partition for each inbound one and room for our headers, nothing is compacted
// away, and records carry the broker's time. An error means that Kafka didn't answer.
func Preflight(ctx context.Context, client *kafka.Client, cfg Config) ([]Finding, error) {
	cfg = cfg.withDefaults()
	topics, err := describe(ctx, client, cfg.Topics)
	if err != nil {
		return nil, err
	}
	var all findings
	if err := all.protocol(ctx, client); err != nil {
		return nil, err
	}
	for _, kind := range kinds {
		all.existence(topics[kind])
	}
	in := topics[Inbound]
	all.timestamps(in, cfg.AcceptCreateTime)
	for _, kind := range kinds {
		if t := topics[kind]; t.exists() {
			all.replication(t)
			all.cleanup(t)
			if kind != Inbound && in.exists() {
				all.partitions(in, t)
				all.room(in, t)
			}
		}
	}
	return all, nil
}

// topicState is what brokers say of a topic.
type topicState struct {
	kind       Kind
	name       string
	partitions []kafka.Partition
	settings   map[string]string
	err        error // why settings are not known
}

func (t topicState) exists() bool { return len(t.partitions) > 0 }

// The settings looked at, as Kafka calls them.
const (
	timestampType = "message.timestamp.type"
	maxMessage    = "max.message.bytes"
	minInSync     = "min.insync.replicas"
	cleanupPolicy = "cleanup.policy"
)

func describe(ctx context.Context, client *kafka.Client, names Topics) (map[Kind]topicState, error) {
	byName := map[string]*topicState{}
	var list []string
	var resources []kafka.DescribeConfigRequestResource
	for _, kind := range kinds {
		name := names.name(kind)
		byName[name] = &topicState{kind: kind, name: name, settings: map[string]string{}}
		list = append(list, name)
	}
	meta, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: list})
	if err != nil {
		return nil, fmt.Errorf("ask Kafka for its topics: %w", err)
	}
	for _, t := range meta.Topics {
		if s := byName[t.Name]; s != nil && t.Error == nil {
			s.partitions = t.Partitions
			resources = append(resources, kafka.DescribeConfigRequestResource{
				ResourceType: kafka.ResourceTypeTopic,
				ResourceName: t.Name,
				ConfigNames:  []string{timestampType, maxMessage, minInSync, cleanupPolicy},
			})
		}
	}
	if err := readSettings(ctx, client, resources, byName); err != nil {
		return nil, err
	}
	found := map[Kind]topicState{}
	for _, s := range byName {
		found[s.kind] = *s
	}
	return found, nil
}

func readSettings(ctx context.Context, client *kafka.Client, resources []kafka.DescribeConfigRequestResource, byName map[string]*topicState) error {
	if len(resources) == 0 {
		return nil
	}
	res, err := client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: resources})
	if err != nil {
		return fmt.Errorf("ask Kafka for its topics' settings: %w", err)
	}
	for _, r := range res.Resources {
		s := byName[r.ResourceName]
		if s == nil {
			continue
		}
		s.err = r.Error
		for _, e := range r.ConfigEntries {
			s.settings[e.ConfigName] = e.ConfigValue
		}
	}
	return nil
}

// number is a setting's value, and whether it is known.
func (t topicState) number(setting string) (int, bool) {
	n, err := strconv.Atoi(t.settings[setting])
	return n, err == nil
}

type findings []Finding

func (f *findings) add(level Level, t topicState, text, mend string) {
	*f = append(*f, Finding{Level: level, Subject: t.name, Text: text, Mend: mend})
}

// protocol looks at whether the broker that answers is new enough.
func (f *findings) protocol(ctx context.Context, client *kafka.Client) error {
	res, err := client.ApiVersions(ctx, &kafka.ApiVersionsRequest{})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return fmt.Errorf("ask Kafka for its protocol: %w", err)
	}
	for _, api := range res.ApiKeys {
		if api.ApiKey == int(protocol.Fetch) && api.MaxVersion < fetch.Version {
			f.add(Problem, topicState{name: "Kafka"},
				fmt.Sprintf("a broker speaks version %d of the fetch protocol, %d is needed", api.MaxVersion, fetch.Version),
				"run Kafka 3.1 or newer")
		}
	}
	return nil
}

func (f *findings) existence(t topicState) {
	switch {
	case !t.exists():
		f.add(Problem, t, "the topic does not exist, or may not be described",
			"create it (kafka-topics --create), or allow this user Describe on it")
	case t.err != nil:
		f.add(Warning, t, fmt.Sprintf("its settings cannot be read: %v", t.err),
			"allow this user DescribeConfigs on it, so that they can be checked")
	default:
		f.add(OK, t, fmt.Sprintf("exists with %d partitions", len(t.partitions)), "")
	}
}

func (f *findings) timestamps(in topicState, acceptCreateTime bool) {
	kind, known := in.settings[timestampType]
	switch {
	case !in.exists():
	case kind == "LogAppendTime":
		f.add(OK, in, "records carry the broker's time", "")
	case acceptCreateTime:
		f.add(Warning, in, "records carry the time their producer claims, and certificates are judged at it",
			"set "+timestampType+"=LogAppendTime on it, and stop accepting CreateTime")
	case !known && in.err != nil:
		// Said already. A record without the broker's time is quarantined.
	default:
		f.add(Problem, in, timestampType+" is "+kind+": a producer could back-date a document",
			"set "+timestampType+"=LogAppendTime on it, or accept CreateTime explicitly")
	}
}

func (f *findings) partitions(in, out topicState) {
	if len(out.partitions) < len(in.partitions) {
		f.add(Problem, out, fmt.Sprintf("has %d partitions, %s has %d", len(out.partitions), in.name, len(in.partitions)),
			fmt.Sprintf("raise it to at least %d (kafka-topics --alter --partitions)", len(in.partitions)))
	}
}

func (f *findings) room(in, out topicState) {
	i, known := in.number(maxMessage)
	o, alsoKnown := out.number(maxMessage)
	if known && alsoKnown && o < i+outcomeRoom {
		f.add(Problem, out, fmt.Sprintf("%s is %d, and %s takes %d: an outcome may not fit", maxMessage, o, in.name, i),
			fmt.Sprintf("set %s=%d or more on it", maxMessage, i+outcomeRoom))
	}
}

func (f *findings) replication(t topicState) {
	fewest := len(t.partitions[0].Replicas)
	for _, p := range t.partitions {
		fewest = min(fewest, len(p.Replicas))
	}
	inSync, known := t.number(minInSync)
	text := fmt.Sprintf("%d replicas, %s=%d", fewest, minInSync, inSync)
	switch {
	case !known:
		f.add(Warning, t, fmt.Sprintf("%d replicas, %s not known", fewest, minInSync), "see that it is at least 2")
	case fewest < 2 || inSync < 2:
		f.add(Warning, t, text+": an acknowledged record can be lost with one broker",
			"use 3 replicas with "+minInSync+"=2 in service")
	case inSync >= fewest:
		f.add(Warning, t, text+": one broker away stops the pipeline", "use one replica more than "+minInSync)
	default:
		f.add(OK, t, text, "")
	}
}

func (f *findings) cleanup(t topicState) {
	if strings.Contains(t.settings[cleanupPolicy], "compact") {
		f.add(Problem, t, cleanupPolicy+" is "+t.settings[cleanupPolicy]+": records of one account would replace one another",
			"set "+cleanupPolicy+"=delete on it")
	}
}

// Problems are the findings that keep a gateway from starting, as one error.
func Problems(all []Finding) error {
	var errs []error
	for _, f := range all {
		if f.Level == Problem {
			errs = append(errs, fmt.Errorf("%s: %s; %s", f.Subject, f.Text, f.Mend))
		}
	}
	return errors.Join(errs...)
}
