package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"turnkey-gateway/bench/rig"
)

var brokerFaults = []kind{
	{"broker-kill-leader", []resource{theBrokers}, killLeader},
	{"broker-kill-coordinator", []resource{theBrokers}, killCoordinator},
	{"broker-kill-controller", []resource{theBrokers}, killController},
	{"broker-term", []resource{theBrokers}, termBroker},
}

// undoWithin bounds the undoing of a fault, which goes on after its trial has failed.
const undoWithin = 90 * time.Second

func undoing(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
}

func killLeader(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	topic := []string{p.topics.Inbound, p.topics.Verified, p.topics.Rejected}[rng.IntN(3)]
	partition := rng.IntN(partitions)
	return p.replaceBroker(ctx, rng, p.kill, func(ctx context.Context) (int, error) { return p.leader(ctx, topic, partition) })
}

func killCoordinator(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	return p.replaceBroker(ctx, rng, p.kill, p.coordinator)
}

func killController(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	return p.replaceBroker(ctx, rng, p.kill, p.controller)
}

func termBroker(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	topic, partition := p.topics.Inbound, rng.IntN(partitions)
	return p.replaceBroker(ctx, rng, p.stop, func(ctx context.Context) (int, error) { return p.leader(ctx, topic, partition) })
}

func (p *play) kill(ctx context.Context, broker int) error {
	return p.kafka.Processes[broker].Kill(ctx)
}
func (p *play) stop(ctx context.Context, broker int) error {
	return p.kafka.Processes[broker].Stop(ctx)
}

// replaceBroker ends the broker that has a role, waits until another one has it, starts it
// again and waits until all replicas are in sync.
func (p *play) replaceBroker(ctx context.Context, rng *rand.Rand, end func(context.Context, int) error,
	role func(context.Context) (int, error)) (struck int, err error) {
	victim, err := role(ctx)
	if err != nil {
		return 0, err
	}
	p.say("broker %d is ended", victim)
	if err := end(ctx, victim); err != nil {
		return 0, err
	}
	defer func() {
		ctx, cancel := undoing(ctx)
		defer cancel()
		if failed := p.revive(ctx, victim); failed != nil {
			err = errors.Join(err, fmt.Errorf("revive broker %d: %w", victim, failed))
		}
	}()
	err = rig.Eventually(ctx, fmt.Sprintf("another broker takes over from %d", victim), patience, func(ctx context.Context) (bool, error) {
		now, err := role(ctx)
		return err == nil && now != victim, err
	})
	if err != nil {
		return 0, err
	}
	rig.Sleep(ctx, between(rng, 0, 2*time.Second))
	return 1, nil
}

func (p *play) revive(ctx context.Context, broker int) error {
	if err := p.kafka.Start(ctx, broker); err != nil {
		return err
	}
	err := rig.Eventually(ctx, "all replicas in sync", undoWithin, p.inSync)
	p.say("broker %d is back", broker)
	return err
}

// metadata asks any broker for the topics of this trial.
func (p *play) metadata(ctx context.Context) (*kmsg.MetadataResponse, error) {
	return p.metadataFrom(ctx, p.admin)
}

func (p *play) metadataFrom(ctx context.Context, asked kmsg.Requestor) (*kmsg.MetadataResponse, error) {
	req := kmsg.NewPtrMetadataRequest()
	for _, name := range []string{p.topics.Inbound, p.topics.Verified, p.topics.Rejected, p.topics.Quarantine, "__consumer_offsets"} {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(name)
		req.Topics = append(req.Topics, t)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return req.RequestWith(ctx, asked)
}

// known reports whether each broker knows the topics of this trial.
func (p *play) known(ctx context.Context) (bool, error) {
	for i := range brokers {
		res, err := p.metadataFrom(ctx, p.admin.Broker(i+1))
		if err != nil {
			return false, err
		}
		for _, t := range res.Topics {
			if err := kerr.ErrorForCode(t.ErrorCode); err != nil {
				return false, fmt.Errorf("broker %d on %s: %w", i, *t.Topic, err)
			}
		}
	}
	return true, nil
}

// leader returns the broker, from 0, that leads a partition.
func (p *play) leader(ctx context.Context, topic string, partition int) (int, error) {
	res, err := p.metadata(ctx)
	if err != nil {
		return 0, err
	}
	for _, t := range res.Topics {
		for _, part := range t.Partitions {
			if t.Topic != nil && *t.Topic == topic && int(part.Partition) == partition && part.Leader > 0 {
				return int(part.Leader) - 1, nil
			}
		}
	}
	return 0, fmt.Errorf("%s/%d has no leader", topic, partition)
}

func (p *play) inSync(ctx context.Context) (bool, error) {
	res, err := p.metadata(ctx)
	if err != nil {
		return false, err
	}
	for _, t := range res.Topics {
		for _, part := range t.Partitions {
			if len(part.ISR) < brokers {
				return false, fmt.Errorf("%s/%d has %d of %d replicas in sync", *t.Topic, part.Partition, len(part.ISR), brokers)
			}
		}
	}
	return len(res.Topics) > 0, nil
}

// coordinator returns the broker, from 0, that coordinates the trial's group.
func (p *play) coordinator(ctx context.Context) (int, error) {
	req := kmsg.NewPtrFindCoordinatorRequest()
	req.CoordinatorKey = p.group
	req.CoordinatorKeys = []string{p.group}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	res, err := req.RequestWith(ctx, p.admin)
	if err != nil {
		return 0, fmt.Errorf("find the coordinator: %w", err)
	}
	id, code := res.NodeID, res.ErrorCode
	if len(res.Coordinators) > 0 {
		id, code = res.Coordinators[0].NodeID, res.Coordinators[0].ErrorCode
	}
	if err := kerr.ErrorForCode(code); err != nil {
		return 0, fmt.Errorf("find the coordinator: %w", err)
	}
	return int(id) - 1, nil
}

// controller returns the broker, from 0, that leads the quorum.
func (p *play) controller(ctx context.Context) (int, error) {
	req := kmsg.NewPtrDescribeQuorumRequest()
	topic := kmsg.NewDescribeQuorumRequestTopic()
	topic.Topic = "__cluster_metadata"
	topic.Partitions = append(topic.Partitions, kmsg.NewDescribeQuorumRequestTopicPartition())
	req.Topics = append(req.Topics, topic)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	res, err := req.RequestWith(ctx, p.admin)
	if err != nil {
		return 0, fmt.Errorf("describe the quorum: %w", err)
	}
	if err := kerr.ErrorForCode(res.ErrorCode); err != nil {
		return 0, fmt.Errorf("describe the quorum: %w", err)
	}
	if len(res.Topics) != 1 || len(res.Topics[0].Partitions) != 1 {
		return 0, errors.New("describe the quorum: no answer")
	}
	part := res.Topics[0].Partitions[0]
	if err := kerr.ErrorForCode(part.ErrorCode); err != nil {
		return 0, fmt.Errorf("describe the quorum: %w", err)
	}
	return int(part.LeaderID) - 1, nil
}
