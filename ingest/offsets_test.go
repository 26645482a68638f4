package ingest

import (
	"errors"
	"maps"
	"testing"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest/fetch"
)

func TestOffsetsCommitTheContiguousPrefix(t *testing.T) {
	o := newOffsets()
	o.begin(0, position{10, 3}, true)
	o.begin(1, position{0, -1}, false)
	expectDue(t, o, map[int]position{1: {0, -1}}) // a start that isn't stored is due at once
	o.committed(map[int]position{1: {0, -1}})
	expectDue(t, o, nil)

	for _, step := range []struct{ from, next int64 }{{10, 12}, {12, 20}} {
		if err := o.acknowledge(0, step.from, position{step.next, 4}); err != nil {
			t.Fatal(err)
		}
	}
	due := o.due()
	expectDue(t, o, map[int]position{0: {20, 4}})
	if err := o.acknowledge(0, 20, position{21, 5}); err != nil { // while the commit is under way
		t.Fatal(err)
	}
	o.committed(due)
	expectDue(t, o, map[int]position{0: {21, 5}})
	o.committed(map[int]position{0: {21, 5}})
	o.committed(map[int]position{0: {20, 4}}) // an answer that comes late takes nothing back
	expectDue(t, o, nil)
}

func TestOffsetsRefuse(t *testing.T) {
	for name, step := range map[string]struct {
		partition  int
		from, next int64
	}{
		"a gap":                    {0, 11, 12},
		"a range again":            {0, 9, 12},
		"a range backwards":        {0, 10, 9},
		"a partition not assigned": {1, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffsets()
			o.begin(0, position{10, 0}, true)
			if err := o.acknowledge(step.partition, step.from, position{step.next, 0}); err == nil {
				t.Error("accepted")
			}
			expectDue(t, o, nil)
		})
	}
}

func expectDue(t *testing.T, o *offsets, want map[int]position) {
	t.Helper()
	if got := o.due(); !maps.Equal(got, want) {
		t.Errorf("due %v, want %v", got, want)
	}
}

// Where a chunk was not finished, what is committed is the position after the last outcome:
// a gap behind it, as of a transaction's marker, may be of a later leader epoch, of which
// that record is not. Brokers would take the log for one that was cut.
func TestReachedIsAPositionOfOneEpoch(t *testing.T) {
	made := func(offset int64, epoch int32, done bool) *item {
		return &item{source: Source{Offset: offset}, rec: fetch.Record{Offset: offset, Epoch: epoch}, done: done}
	}
	c := chunk{tray: &tray{}, from: position{100, 3}, next: position{120, 5}}
	for _, test := range []struct {
		items []*item
		want  position
	}{
		{nil, position{120, 5}},
		{[]*item{made(105, 4, false)}, position{100, 3}},
		{[]*item{made(105, 4, true), made(110, 5, false)}, position{106, 4}},
		{[]*item{made(105, 4, true), made(110, 5, true)}, position{120, 5}},
	} {
		c.items = test.items
		if got := c.reached(); got != test.want {
			t.Errorf("%d items: got %+v, want %+v", len(test.items), got, test.want)
		}
	}
}

// Records go without a timestamp also where only some of a batch do already: what else makes
// the output take it?
func TestTimestampsGoFromTheWholeBatch(t *testing.T) {
	items := []*item{{unstamped: true}, {}}
	err := (&partition{}).remedy(t.Context(), Rejected, kafka.InvalidTimestamp, items)
	if !errors.Is(err, errChanged) || !items[1].unstamped {
		t.Errorf("got %v, the second is unstamped: %v", err, items[1].unstamped)
	}
}
