package ingest

import "sync"

// A tray holds the items of one chunk, and is used again for another: an item and what is
// stated of it take some 2 KB, which would else be collected after each record.
type tray struct {
	items  []*item
	blocks []*[trayBlock]item // where they are, and where more have room
}

const trayBlock = 32

// add returns a new item behind the others.
func (t *tray) add() *item {
	n := len(t.items)
	if n == len(t.blocks)*trayBlock {
		t.blocks = append(t.blocks, new([trayBlock]item))
	}
	it := &t.blocks[n/trayBlock][n%trayBlock]
	t.items = append(t.items, it)
	return it
}

// clear takes the items off. Nothing may refer to them any more.
func (t *tray) clear() {
	for _, it := range t.items {
		stated := it.stated
		stated.Reset()
		*it = item{stated: stated}
	}
	clear(t.items)
	t.items = t.items[:0]
}

// trays keeps those that were used.
type trays struct{ kept sync.Pool }

func (p *trays) get() *tray {
	if t, ok := p.kept.Get().(*tray); ok {
		return t
	}
	return &tray{}
}

func (p *trays) put(t *tray) {
	t.clear()
	p.kept.Put(t)
}
