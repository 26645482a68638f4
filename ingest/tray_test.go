package ingest

import (
	"testing"

	"turnkey-gateway/ingest/fetch"
)

// TestTrayIsUsedAgain: an item of a tray that is used again holds nothing of the one
// before it in its place.
func TestTrayIsUsedAgain(t *testing.T) {
	var p trays
	const n = 3*trayBlock + 1
	tr := p.get()
	for range 3 {
		for i := range n {
			it := tr.add()
			if it.account != "" || it.cause != CauseNone || it.done || it.rec.Value != nil || it.msg != nil {
				t.Fatalf("item %d is not new: %+v", i, it)
			}
			it.account, it.cause, it.done, it.rec = "a", JudgePanicked, true, fetch.Record{Value: []byte("v")}
		}
		if len(tr.items) != n || tr.items[0] == tr.items[1] {
			t.Fatalf("%d items, want %d different ones", len(tr.items), n)
		}
		tr.clear()
	}
}
