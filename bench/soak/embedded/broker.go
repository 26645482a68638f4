package embedded

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/ingest"
)

const (
	brokers = 3
	group   = "gateways"

	// session is how long the group keeps a member that was killed or stands still. The
	// harness ends such sessions itself: kfake's own end also for members that wait for a
	// rebalance, and leaves those without an answer. Apache Kafka keeps these.
	session    = 1500 * time.Millisecond
	ownSession = 30 * time.Second

	// rejoin is how long a rebalance waits for a member.
	rejoin = 3 * time.Second
)

var topics = ingest.Topics{
	Inbound: "turnkey.inbound", Verified: "turnkey.verified", Rejected: "turnkey.rejected", Quarantine: "turnkey.quarantine",
}

var outputs = []string{topics.Verified, topics.Rejected, topics.Quarantine}

// A cluster is the brokers of one trial, and what they were seen to do.
type cluster struct {
	*kfake.Cluster
	addresses  []string // by node
	partitions int

	noting sync.Mutex // held from looking at what is committed until that is noted

	mu       sync.Mutex
	appended map[slot]time.Time // guarded by mu
	given    map[answer]int     // guarded by mu; outcomes handed to an output, stored or not
	commits  []rig.Commit       // guarded by mu; each that changed what is committed
	last     map[int32]int64    // guarded by mu; what is committed
	tight    map[string]int     // guarded by mu; bytes of a batch that a topic takes, where not what its settings say
	refusing *kerr.Error        // guarded by mu; what the next fetch of offsets is answered with
	astray   map[int16]int      // guarded by mu; requests to a broker that is no longer the leader or coordinator, by API key
}

// A slot is where a batch begins, in case it is stored: the next request finds the same
// end of the log if it was not.
type slot struct {
	topic     string
	partition int32
	first     int64
}

// An answer is an outcome as far as faults wait for it.
type answer struct{ account, reason string }

// API keys of requests.
const (
	keyProduce         = 0
	keyFetch           = 1
	keyCommit          = 8
	keyOffsetFetch     = 9
	keyFindCoordinator = 10
	keyJoin            = 11
	keyHeartbeat       = 12
	keySync            = 14
)

func newCluster(partitions int) (*cluster, error) {
	fake, err := kfake.NewCluster(kfake.NumBrokers(brokers))
	if err != nil {
		return nil, fmt.Errorf("start the brokers: %w", err)
	}
	c := &cluster{
		Cluster: fake, addresses: fake.ListenAddrs(), partitions: partitions,
		appended: make(map[slot]time.Time), given: make(map[answer]int), last: make(map[int32]int64),
		tight: make(map[string]int), astray: make(map[int16]int),
	}
	for _, name := range append([]string{topics.Inbound}, outputs...) {
		settings := map[string]string{"max.message.bytes": "4259840", "min.insync.replicas": "2"}
		if name == topics.Inbound {
			settings["max.message.bytes"] = "4194304"
			settings["message.timestamp.type"] = "LogAppendTime" // which gateways ask for, and kfake doesn't do
		}
		if err := fake.CreateTopic(name, int32(partitions), settings); err != nil {
			fake.Close()
			return nil, fmt.Errorf("create topic %s: %w", name, err)
		}
	}
	c.watch(keyProduce, c.produced)
	c.watch(keyFetch, c.fetched)
	c.watch(keyCommit, func(r kmsg.Request) kmsg.Response { c.notCoordinator(r); c.noteCommits(); return nil })
	c.watch(keyOffsetFetch, c.offsetsFetched)
	c.watch(keyHeartbeat, func(r kmsg.Request) kmsg.Response { c.notCoordinator(r); return nil })
	c.watch(keyJoin, func(r kmsg.Request) kmsg.Response {
		join := r.(*kmsg.JoinGroupRequest)
		join.SessionTimeoutMillis = int32(ownSession.Milliseconds())
		join.RebalanceTimeoutMillis = int32(rejoin.Milliseconds())
		return nil
	})
	return c, nil
}

// watch has each request of a kind looked at, and answered if look answers, before the
// broker takes it up. Requests are taken up one after another.
func (c *cluster) watch(key int16, look func(kmsg.Request) kmsg.Response) {
	c.ControlKey(key, func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		res := look(r)
		return res, nil, res != nil
	})
}

// produced notes when a batch is appended, and what outcomes it holds.
func (c *cluster) produced(r kmsg.Request) kmsg.Response {
	req := r.(*kmsg.ProduceRequest)
	node := c.CurrentNode()
	for _, t := range req.Topics {
		t.Topic = c.named(t.Topic, t.TopicID)
		for _, p := range t.Partitions {
			info := c.PartitionInfo(t.Topic, p.Partition)
			if info == nil {
				continue
			}
			answers := parseAnswers(t.Topic, p.Records)
			c.mu.Lock()
			if info.Leader != node {
				c.astray[keyProduce]++
			} else {
				c.appended[slot{t.Topic, p.Partition, info.HighWatermark}] = time.Now()
			}
			for _, a := range answers {
				c.given[a]++
			}
			limit, tight := c.tight[t.Topic]
			tight = tight && len(p.Records) > limit
			c.mu.Unlock()
			if tight {
				return answerProduce(req, kerr.MessageTooLarge.Code)
			}
		}
	}
	return nil
}

// named is a topic's name: newer clients tell its id only.
func (c *cluster) named(name string, id [16]byte) string {
	if name != "" {
		return name
	}
	if known := c.TopicIDInfo(id); known != nil {
		return known.Topic
	}
	return ""
}

// answerProduce is an answer to all of a produce; code 0 says that it is stored.
func answerProduce(req *kmsg.ProduceRequest, code int16) kmsg.Response {
	res := req.ResponseKind().(*kmsg.ProduceResponse)
	for _, t := range req.Topics {
		topic := kmsg.NewProduceResponseTopic()
		topic.Topic = t.Topic
		for _, p := range t.Partitions {
			partition := kmsg.NewProduceResponseTopicPartition()
			partition.Partition, partition.ErrorCode = p.Partition, code
			topic.Partitions = append(topic.Partitions, partition)
		}
		res.Topics = append(res.Topics, topic)
	}
	return res
}

// parseAnswers reads an output's batch, which gateways don't compress.
func parseAnswers(topic string, raw []byte) (all []answer) {
	var batch kmsg.RecordBatch
	if topic == topics.Inbound || batch.ReadFrom(raw) != nil {
		return nil
	}
	rest := batch.Records
	for range batch.NumRecords {
		var r kmsg.Record
		size, n := binary.Varint(rest)
		if n <= 0 || size < 0 || int(size) > len(rest)-n || r.ReadFrom(rest[:n+int(size)]) != nil {
			return all
		}
		rest = rest[n+int(size):]
		a := answer{account: string(r.Key)}
		for _, h := range r.Headers {
			if h.Key == ingest.HeaderReason {
				a.reason = string(h.Value)
			}
		}
		all = append(all, a)
	}
	return all
}

func (c *cluster) fetched(r kmsg.Request) kmsg.Response {
	for _, t := range r.(*kmsg.FetchRequest).Topics {
		t.Topic = c.named(t.Topic, t.TopicID)
		for _, p := range t.Partitions {
			if t.Topic == topics.Inbound && c.LeaderFor(t.Topic, p.Partition) != c.CurrentNode() {
				c.stray(keyFetch)
			}
		}
	}
	return nil
}

func (c *cluster) notCoordinator(r kmsg.Request) {
	if c.CoordinatorFor(group) != c.CurrentNode() {
		c.stray(r.Key())
	}
}

// offsetsFetched answers fetches of offsets that fail as Apache Kafka does: with the error
// at each partition, where the protocol's version has no other place for it. kfake answers
// these with no partition at all, which means that nothing was ever committed.
func (c *cluster) offsetsFetched(r kmsg.Request) kmsg.Response {
	req := r.(*kmsg.OffsetFetchRequest)
	c.mu.Lock()
	e := c.refusing
	c.refusing = nil
	c.mu.Unlock()
	if e == nil && c.CoordinatorFor(group) != c.CurrentNode() {
		e = kerr.NotCoordinator
	}
	if e == nil || req.Version > 1 {
		return nil
	}
	res := req.ResponseKind().(*kmsg.OffsetFetchResponse)
	for _, t := range req.Topics {
		topic := kmsg.NewOffsetFetchResponseTopic()
		topic.Topic = t.Topic
		for _, p := range t.Partitions {
			partition := kmsg.NewOffsetFetchResponseTopicPartition()
			partition.Partition, partition.Offset, partition.ErrorCode = p, -1, e.Code
			topic.Partitions = append(topic.Partitions, partition)
		}
		res.Topics = append(res.Topics, topic)
	}
	return res
}

// refuseOffsets has the next fetch of offsets fail.
func (c *cluster) refuseOffsets(e *kerr.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refusing = e
}

// refusedOffsets reports whether it has failed.
func (c *cluster) refusedOffsets() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refusing == nil
}

func (c *cluster) stray(key int16) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.astray[key]++
}

// strayed is how many requests of these kinds came to a broker that had handed over.
func (c *cluster) strayed(keys ...int16) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range keys {
		n += c.astray[k]
	}
	return n
}

// noteCommits notes what is committed. It is called before each commit is taken up and at
// the end, so that it sees what became of every one.
func (c *cluster) noteCommits() {
	c.noting.Lock()
	defer c.noting.Unlock()
	info := c.GroupInfo(group)
	if info == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for p, commit := range info.Commits[topics.Inbound] {
		if last, any := c.last[p]; !any || last != commit.Offset {
			c.last[p] = commit.Offset
			c.commits = append(c.commits, rig.Commit{Topic: topics.Inbound, Partition: int(p), Offset: commit.Offset})
		}
	}
}

// backlog is how many inbound records are not committed.
func (c *cluster) backlog() int {
	c.noteCommits()
	ends := c.PartitionInfos(topics.Inbound)
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, end := range ends {
		n += int(end.HighWatermark - c.last[end.Partition])
	}
	return n
}

// outcomes is how many records the outputs hold.
func (c *cluster) outcomes() (n int) {
	for _, topic := range outputs {
		for _, p := range c.PartitionInfos(topic) {
			n += int(p.HighWatermark)
		}
	}
	return n
}

// answered is how often an outcome was handed to an output.
func (c *cluster) answered(a answer) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.given[a]
}

// expel ends the sessions of a gateway.
func (c *cluster) expel(ctx context.Context, client *kgo.Client, name string) error {
	info := c.GroupInfo(group)
	if info == nil {
		return nil
	}
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group = group
	for _, m := range info.Members {
		if m.ClientID == name {
			member := kmsg.NewLeaveGroupRequestMember()
			member.MemberID = m.MemberID
			req.Members = append(req.Members, member)
		}
	}
	if req.Members == nil {
		return nil
	}
	if _, err := req.RequestWith(ctx, client); err != nil {
		return fmt.Errorf("end the session of %s: %w", name, err)
	}
	return nil
}

// member reports whether a gateway of that name is in the group.
func (c *cluster) member(name string) bool {
	info := c.GroupInfo(group)
	return info != nil && slices.ContainsFunc(info.Members, func(m kfake.GroupMember) bool { return m.ClientID == name })
}

// generation is the group's, and whether it is stable.
func (c *cluster) generation() (int32, bool) {
	info := c.GroupInfo(group)
	if info == nil {
		return -1, false
	}
	return info.Epoch, info.State == "Stable"
}

// read returns a topic's records with the times of their appends.
func (c *cluster) read(ctx context.Context, topic string) ([]*kgo.Record, error) {
	all, err := rig.ReadTopic(ctx, c.addresses, topic, c.partitions)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var at time.Time
	for i, r := range all {
		if i == 0 || all[i-1].Partition != r.Partition {
			at = time.Time{}
		}
		if begun, ok := c.appended[slot{r.Topic, r.Partition, r.Offset}]; ok {
			at = begun
		}
		if at.IsZero() {
			return nil, fmt.Errorf("nobody saw the append of %s/%d at offset %d", r.Topic, r.Partition, r.Offset)
		}
		r.Timestamp = at
	}
	return all, nil
}
