package fetch

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	fetchapi "github.com/segmentio/kafka-go/protocol/fetch"
)

// brokers answer fetches as a script says, and note who was asked.
type brokers struct {
	asked   []int32
	answers []reply
}

type reply struct {
	code      int16
	diverged  *Diverged
	preferred int32
	records   []byte
}

func (b *brokers) RoundTrip(_ context.Context, _ net.Addr, req kafka.Request) (kafka.Response, error) {
	x := req.(*exchange)
	if x.rack == "" && x.replica != leader {
		return nil, errors.New("a replica was asked without a rack")
	}
	res := b.answers[len(b.asked)]
	b.asked = append(b.asked, x.replica)
	if res.code == broken {
		return nil, errors.New("connection reset")
	}
	if x.rack == "" {
		res.preferred = leader
	}
	return x, x.leave(&Response{code: res.code, diverged: res.diverged, preferred: res.preferred, rest: res.records})
}

const broken = -2 // stands for a connection that fails

// A replica is asked while nothing goes wrong there. That an offset is gone, or that the
// log was cut, is believed of the leader only.
func TestReplicaIsAskedUntilItFails(t *testing.T) {
	sent := reply{preferred: 2}
	fine := reply{preferred: leader}
	fails := func(code int16) reply { return reply{code: code, preferred: leader} }
	outOfRange := fails(int16(kafka.OffsetOutOfRange))
	cut := reply{diverged: &Diverged{Epoch: 1, End: 5}, preferred: leader}
	tests := []struct {
		name    string
		answers []reply // to one fetch after another
		asked   []int32
		last    error // of the last fetch
	}{
		{"no other replica", []reply{fine, fine}, []int32{leader, leader}, nil},
		{"sent to one", []reply{sent, fine, fine}, []int32{leader, 2, 2}, nil},
		{"sent on", []reply{sent, {preferred: 3}, fine}, []int32{leader, 2, 3}, nil},
		{"it lags", []reply{sent, outOfRange, fine}, []int32{leader, 2, leader}, nil},
		{"it was cut", []reply{sent, cut, fine}, []int32{leader, 2, leader}, nil},
		{"the leader says the same", []reply{sent, outOfRange, outOfRange}, []int32{leader, 2, leader}, kafka.OffsetOutOfRange},
		{"its connection fails", []reply{sent, fails(broken), fine}, []int32{leader, 2, leader}, nil},
		{"it has no such replica now", []reply{sent, fails(int16(kafka.NotLeaderForPartition)), sent, fine}, []int32{leader, 2, leader, leader}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &brokers{answers: tt.answers}
			c := &Client{Transport: b, Addr: kafka.TCP("none"), Rack: "r"}
			var err error
			for len(b.asked) < len(b.answers) {
				_, err = c.Fetch(t.Context(), Request{Topic: "t"})
			}
			if !errors.Is(err, tt.last) {
				t.Errorf("the last fetch ended with %v, want %v", err, tt.last)
			}
			for i, id := range b.asked {
				if id != tt.asked[i] {
					t.Fatalf("asked %v, want %v", b.asked, tt.asked)
				}
			}
		})
	}
}

// A replica that the leader knows of before we do is left until we do: the leader, asked with
// a rack, would send us to it again at once, and give nothing.
func TestUnknownReplicaIsNotAskedFor(t *testing.T) {
	partition := map[string]protocol.Topic{"t": {Name: "t", Partitions: map[int32]protocol.Partition{0: {Leader: 1}}}}
	for _, tt := range []struct {
		known []int32
		asks  int32
		rack  string
	}{{[]int32{1}, 1, ""}, {[]int32{1, 2}, 2, "r"}} {
		cluster := protocol.Cluster{Brokers: map[int32]protocol.Broker{}, Topics: partition}
		for _, id := range tt.known {
			cluster.Brokers[id] = protocol.Broker{ID: id}
		}
		x := &exchange{replica: 2, rack: "r", req: Request{Topic: "t"}}
		x.Topics = []fetchapi.RequestTopic{{Topic: "t", Partitions: []fetchapi.RequestPartition{{Partition: 0}}}}
		b, err := x.Broker(cluster)
		if err != nil || b.ID != tt.asks || x.message().Rack != tt.rack {
			t.Errorf("of %v, broker %d is asked with rack %q: %v", tt.known, b.ID, x.message().Rack, err)
		}
	}
}

// The leader is asked again after a while, whatever became of the reason for its choice;
// and where a replica failed, it is not asked for another at once.
func TestChoiceOfReplicaPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r replicas
		at := place{"t", 0}
		expect := func(wantBroker int32, wantPrefer bool) {
			t.Helper()
			if broker, mayPrefer := r.of(at); broker != wantBroker || mayPrefer != wantPrefer {
				t.Errorf("asks %d, which may prefer another: %v", broker, mayPrefer)
			}
		}
		expect(leader, true)
		r.prefer(at, 2)
		time.Sleep(preferredFor)
		expect(2, true)
		time.Sleep(time.Nanosecond)
		expect(leader, true)
		r.shun(at)
		time.Sleep(shunnedFor)
		expect(leader, false)
		time.Sleep(time.Nanosecond)
		expect(leader, true)
	})
}

// Records that are damaged on a replica may be whole on the leader, which is asked next.
func TestReplicaWithDamageIsShunned(t *testing.T) {
	damaged := made{bodies: [][]byte{body(0, 0, "k", "a")}, breakHash: true}
	b := &brokers{answers: []reply{{preferred: 2}, {preferred: leader, records: damaged.bytes(t)}, {preferred: leader}}}
	c := &Client{Transport: b, Addr: kafka.TCP("none"), Rack: "r"}
	for range b.answers {
		res, err := c.Fetch(t.Context(), Request{Topic: "t"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := res.Next(roomy); err == nil {
			t.Error("read a record")
		}
		res.Close()
	}
	if want := []int32{leader, 2, leader}; !slices.Equal(b.asked, want) {
		t.Errorf("asked %v, want %v", b.asked, want)
	}
}
