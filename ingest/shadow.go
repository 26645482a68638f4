package ingest

import (
	"fmt"
	"runtime/debug"
	"time"

	"turnkey-gateway/verifier"
)

// A Shadow is told of verdicts, to have some of them checked by other means. It must be
// safe for concurrent use.
type Shadow interface {
	// Judged is called with each verdict, again where one was stale and made anew. It
	// must return at once, since judging waits for it. It may not keep doc: that is part
	// of a larger response, whose memory is counted as free once the record is done.
	Judged(source Source, doc []byte, received time.Time, v verifier.Verdict)
}

// tell tells the shadow of an item's verdict, which stands whatever comes of that: a
// panic of the shadow's is counted, and the first one logged, as more might drown the log.
// Neither the document nor the panic's text, which may quote it, goes there.
func (g *Gateway) tell(it *item) {
	if g.shadow == nil {
		return
	}
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		g.metrics.shadowPanics.Inc()
		g.shadowPanicked.Do(func() {
			g.log.Error("the shadow panicked: its record's verdict stands, and more panics are only counted",
				"source", it.source.String(), "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		})
	}()
	g.shadow.Judged(it.source, it.rec.Value, it.rec.Time, it.verdict)
}
