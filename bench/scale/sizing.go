package main

import (
	"math"
	"math/rand/v2"
)

// Assumptions that are nobody's measurement: change them to your machines'.
const (
	gatewayCores   = 8
	gatewayNetwork = 10e9 / 8 // bytes/s, each way
	brokerCores    = 16
	brokerNetwork  = 25e9 / 8
	brokerDisk     = 1e9 // bytes/s written

	// replicas of each record, and how much more of the brokers' processors a produce takes
	// with three than with one: on the same two cores, ProducerPerformance with acks=all and
	// 8 KB appended 18,500/s to one broker and 5,300/s to three.
	replicas        = 3
	replicationCost = 3.5

	// spare is how much of a machine may be busy with one machine of its kind away.
	spare = 0.6

	// added is what an outcome has beyond its message: our headers and the record's frame.
	added = 1056

	// partitionSpare is how much of what a partition can take it is given.
	partitionSpare = 0.5
)

// Times of a cluster in one data centre; seconds.
const (
	fetchTrip   = 1e-3
	produceTrip = 5e-3 // until all in-sync replicas have it; measure yours
	connection  = 5e8  // bytes/s of one connection
)

// A sizing is what so many messages a second need.
type sizing struct {
	rate    float64
	message cost

	gatewayLoad float64 // cores busy, of all gateways
	gateways    int
	perGateway  float64 // bytes/s in; out is more by what is added

	brokerLoad               float64 // cores busy, of all brokers
	networkIn, networkOut    float64 // bytes/s of all brokers
	byCores, byNetwork, disk int     // brokers needed, one away
	brokers                  int

	partitionLimit float64 // messages/s of one
	partitions     int
}

// size computes what a rate of a load needs.
func size(in inputs, l load, perSecond float64) sizing {
	s := sizing{rate: perSecond, message: l.mean(in)}
	s.gatewayLoad = perSecond * s.message.gateway
	inbound, outcome := perSecond*s.message.bytes, perSecond*(s.message.bytes+added)
	s.gateways = 1 + max(ceil(s.gatewayLoad/(gatewayCores*spare)), ceil(outcome/(gatewayNetwork*spare)))
	s.perGateway = inbound / float64(s.gateways-1)

	// A message is appended twice; reading it back twice is within the measured cost.
	s.brokerLoad = perSecond * 2 * replicationCost * s.message.broker
	s.networkIn = replicas * (inbound + outcome)
	s.networkOut = (replicas-1)*(inbound+outcome) + inbound + outcome
	s.byCores = 1 + ceil(s.brokerLoad/(brokerCores*spare))
	s.byNetwork = 1 + ceil(max(s.networkIn, s.networkOut)/(brokerNetwork*spare))
	s.disk = 1 + ceil(s.networkIn/(brokerDisk*spare))
	s.brokers = max(s.byCores, s.byNetwork, s.disk, replicas+1)

	s.partitionLimit = partitionLimit(in, s.message.bytes, produceTrip, asShipped)
	s.partitions = ceil(perSecond/(s.partitionLimit*partitionSpare)/float64(s.gateways)) * s.gateways
	s.partitions = max(s.partitions, 4*s.gateways)
	return s
}

func ceil(n float64) int { return int(math.Ceil(n - 1e-9)) }

// A setting is how many bytes a gateway fetches and appends at once.
type setting struct {
	name         string
	fetch, batch float64
}

// What a gateway ships with, and one that spares round trips.
var (
	asShipped = setting{"as shipped", 720 << 10, 1 << 20}
	settings  = []setting{
		asShipped,
		{"`GATEWAY_FETCH_BYTES=1048576`, `GATEWAY_BATCH_BYTES=1200000`", 1 << 20, 1_200_000},
	}
)

// What a gateway takes through its steps at once: ingest's chunk.
const (
	chunkBytes   = 1 << 20
	chunkRecords = 500
)

// planOf is a plan whose steps take what the model assumes.
func planOf(in inputs, s setting, trip float64) plan {
	return plan{
		cores: gatewayCores, fetchBytes: s.fetch, chunkBytes: chunkBytes, batchBytes: s.batch, chunkRecords: chunkRecords, added: added,
		cost:  func(b float64) float64 { return in.costOf(b).gateway },
		fetch: tripped(fetchTrip), produce: tripped(trip), bandwidth: connection, seed: 1,
	}
}

// tripped is a round trip: half of it at least, and an exponential tail.
func tripped(mean float64) func(*rand.Rand) float64 {
	return func(rng *rand.Rand) float64 { return mean/2 + mean/2*rng.ExpFloat64() }
}

func fixed(value float64) func(*rand.Rand) float64 {
	return func(*rand.Rand) float64 { return value }
}

// partitionLimit is how many messages a second one partition takes whose gateway does
// nothing else: one chunk at a time is judged, then appended a batch after the other.
func partitionLimit(in inputs, bytes, trip float64, s setting) float64 {
	p := planOf(in, s, trip)
	p.partitions, p.gateways, p.size = 1, 1, fixed(bytes)
	const lasts = 30
	f := newFlow(p, func(int) rate { return steady(200_000) }) // far more than it takes
	f.loop.run(lasts)
	return float64(f.done) / lasts
}

// A registryLoad is what the registry has to do for so many senders.
type registryLoad struct {
	senders int
	memory  float64 // bytes, of a gateway that knows all of them
	redis   float64 // bytes
	reread  float64 // snapshots a second that PostgreSQL is asked for while Redis is away
}

const (
	certificates  = 2       // of a sender, on average; assumed
	entryBytes    = 3 << 10 // in memory, of a sender and of each certificate: registry/lookup
	snapshotBytes = 1710    // in Redis, with one certificate of 1,500 bytes: registry/rediscache
	heartbeatSize = 17494   // with the 1,024 changes that it lists: registry/rediscache
	heartbeats    = 5       // a second without changes, 100 at most with: registry/relay
	ownFor        = 2       // seconds that PostgreSQL's answer counts without a heartbeat: registry/lookup
	rounds        = 100     // queries a second for strangers, of a gateway, at most: registry/lookup
)

func registryOf(perSecond float64, senders int) registryLoad {
	n := float64(senders)
	return registryLoad{
		senders: senders, memory: n * (1 + certificates) * entryBytes, redis: n * (snapshotBytes + (certificates-1)*1600),
		reread: min(n/ownFor, perSecond),
	}
}
