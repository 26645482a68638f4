package fetch

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A TopicID is what brokers call a topic for as long as it exists. One that is deleted
// and made anew under the same name has another.
type TopicID [16]byte

// String is the id as Kafka's tools write it.
func (id TopicID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// A Topic is what brokers say of a topic.
type Topic struct {
	ID         TopicID
	Partitions int
}

// metadataVersion is the first of the metadata protocol that has topic ids, offered by
// brokers since Kafka 2.8.
const metadataVersion = 10

// Topic asks a broker, not a cache, about a topic. For one that doesn't exist the error
// is kafka.UnknownTopicOrPartition.
func (c *Client) Topic(ctx context.Context, name string) (Topic, error) {
	res, err := c.Transport.RoundTrip(ctx, c.Addr, &question{client: c, ctx: ctx, name: name})
	if err != nil {
		return Topic{}, fmt.Errorf("ask about topic %s: %w", name, err)
	}
	answer, ok := res.(*answer)
	if !ok || len(answer.Topics) != 1 {
		return Topic{}, fmt.Errorf("ask about topic %s: answer %T is no answer", name, res)
	}
	t := answer.Topics[0]
	switch {
	case t.ErrorCode != 0:
		return Topic{}, fmt.Errorf("ask about topic %s: %w", name, kafka.Error(t.ErrorCode))
	case t.TopicID == TopicID{}:
		return Topic{}, fmt.Errorf("ask about topic %s: %w", name, errors.New("brokers give it no id: their metadata.version is older than 2.8"))
	}
	return Topic{ID: t.TopicID, Partitions: len(t.Partitions)}, nil
}

// A question is a request for one topic's metadata. The library's own is answered from a
// cache, and without the id.
type question struct {
	client *Client
	ctx    context.Context
	name   string
}

// An answer answers it.
type answer struct{ kmsg.MetadataResponse }

// ApiKey implements protocol.Message.
func (*question) ApiKey() protocol.ApiKey { return protocol.Metadata }

// ApiKey implements protocol.Message.
func (*answer) ApiKey() protocol.ApiKey { return protocol.Metadata }

// Required implements protocol.RawExchanger.
func (*question) Required(map[protocol.ApiKey]int16) bool { return true }

// RawExchange implements protocol.RawExchanger.
func (q *question) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	topic := kmsg.NewMetadataRequestTopic()
	topic.Topic = &q.name
	m := kmsg.NewPtrMetadataRequest()
	m.Version = metadataVersion
	m.Topics = append(m.Topics, topic)
	call := call{client: q.client, ctx: q.ctx, rw: rw}
	body, release, err := call.do(m)
	if err != nil {
		return nil, err
	}
	defer release()
	a := &answer{kmsg.NewMetadataResponse()}
	a.Version = metadataVersion
	if err := a.ReadFrom(body); err != nil {
		return nil, fmt.Errorf("answer of %d bytes: %w", len(body), err)
	}
	return a, nil
}
