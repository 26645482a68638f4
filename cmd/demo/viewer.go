package main

import (
	"context"
	"time"

	"turnkey-gateway/verifier"
)

// A viewer makes views of a demo. It is for one goroutine.
type viewer struct {
	demo  *demo
	since time.Time // when the traffic began
	ended time.Time // when it did; zero before

	sent, verified, rejected rate
	byReason                 map[verifier.Reason]*rate
	scrapes                  []scraped
	addresses                []address
}

// scraped is what the gateway's metrics said at a moment.
type scraped struct {
	at            time.Time
	inside, judge []bucket
	levels        []level
	shadow        shadow
}

// The gateway is asked so often, and its quantiles are of so long.
const (
	scrapeEvery  = time.Second
	scrapeWindow = 10 * time.Second
)

func newViewer(d *demo) *viewer {
	return &viewer{demo: d, since: time.Now(), byReason: make(map[verifier.Reason]*rate), addresses: d.addresses()}
}

// showUntil shows views until ctx ends.
func (w *viewer) showUntil(ctx context.Context, s *screen) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		w.scrape(ctx)
		s.show(w.view())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// view is what the summary shows now.
func (w *viewer) view() view {
	now := time.Now()
	v := view{
		Now: now, Running: now.Sub(w.since), Ready: w.demo.ready, Ending: !w.ended.IsZero(),
		First: w.demo.board.verifiedSince(w.demo.begun), Visitors: w.demo.visitors.places(), Addresses: w.addresses,
	}
	if v.Ending {
		v.Running = w.ended.Sub(w.since)
	}
	w.demo.board.fill(&v)
	v.Sent = w.sent.observe(now, v.Planned)
	rejected := 0
	for i, c := range v.Verdicts {
		r := w.byReason[c.Reason]
		if r == nil {
			r = new(rate)
			w.byReason[c.Reason] = r
		}
		v.Verdicts[i].PerSecond = r.observe(now, c.Total)
		if c.Reason == verifier.Verified {
			v.Verified = w.verified.observe(now, c.Total)
		} else {
			rejected += c.Total
		}
	}
	v.Rejected = w.rejected.observe(now, rejected)
	if n := len(w.scrapes); n > 0 {
		first, last := w.scrapes[0], w.scrapes[n-1]
		if n == 1 {
			first = scraped{}
		}
		v.Inside, v.Judge, v.Levels = between(first.inside, last.inside), between(first.judge, last.judge), last.levels
		v.Shadow = last.shadow
	}
	return v
}

// scrape asks the gateway for its metrics if that was not just done. One that doesn't
// answer leaves the summary with the last ones.
func (w *viewer) scrape(ctx context.Context) {
	now := time.Now()
	if n := len(w.scrapes); n > 0 && now.Sub(w.scrapes[n-1].at) < scrapeEvery {
		return
	}
	f, err := scrape(ctx, w.demo.services.gateway.URL("/metrics"))
	if err != nil {
		return
	}
	s := scraped{at: now, inside: f.buckets("turnkey_record_latency_seconds"), judge: f.buckets("turnkey_judge_seconds")}
	for _, l := range []struct{ name, label string }{
		{"memory", "l1"}, {"Redis", "redis"}, {"Postgres", "postgres"}, {"nowhere", "miss"},
	} {
		s.levels = append(s.levels, level{l.name, f.count("turnkey_lookup_senders_total", "level", l.label)})
	}
	checks := func(result string) float64 { return f.count("turnkey_shadow_checks_total", "result", result) }
	s.shadow = shadow{checks("agrees"), checks("disagrees"), checks("skipped") + checks("dropped")}
	w.scrapes = append(w.scrapes, s)
	for now.Sub(w.scrapes[0].at) > scrapeWindow {
		w.scrapes = w.scrapes[1:]
	}
}
