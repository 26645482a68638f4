package main

import (
	"fmt"
	"strings"

	"turnkey-gateway/verifier"
)

// Frames are no wider than the one bound, and no narrower than the other: a terminal that
// is cuts them.
const (
	narrowest = 80
	widest    = 110
)

// frame draws v as lines of at most width cells, colours aside.
func frame(v view, width int, p paint) []string {
	width = min(max(width, narrowest), widest)
	sections := [][]string{
		header(v, width, p),
		flow(v, width, p),
		whereToLook(v.Visitors, p),
		verdicts(v, width, p),
		append(levels(v, p), secondOpinions(v, p)...),
		changes(v, p),
		examples(v, width, p),
		whereToLook(v.Addresses, p),
	}
	var lines []string
	for _, s := range sections {
		if len(s) == 0 {
			continue
		}
		lines = append(append(lines, s...), "")
	}
	return append(lines, " "+p.dim(footer(v)))
}

func footer(v view) string {
	if v.Ending {
		return "ending: nothing more is sent, outcomes under way are awaited; Ctrl-C again hurries"
	}
	return "Ctrl-C ends it in order and leaves nothing behind"
}

func header(v view, width int, p paint) []string {
	title := " Turnkey Gateway"
	times := fmt.Sprintf("running %s · ready after %s · first verified %s", shortOrZero(v), short(v.Ready), short(v.First))
	return []string{
		p.bold(left(title, width-cells.StringWidth(times)-1)) + p.dim(times),
		p.dim(strings.Repeat("─", width)),
	}
}

func shortOrZero(v view) string {
	if v.Running <= 0 {
		return "0 s"
	}
	return short(v.Running)
}

func flow(v view, width int, p paint) []string {
	rates := fmt.Sprintf(" in %s/s   verified %s/s   rejected %s/s   waiting %s",
		p.bold(right(perSecond(v.Sent), 6)), p.good(right(perSecond(v.Verified), 6)),
		p.warn(right(perSecond(v.Rejected), 6)), count(v.Waiting))
	spreads := " p50/p99   " + strings.Join([]string{
		"outcome " + p.bold(v.Seen.String()),
		"gateway " + p.bold(v.Inside.String()),
		"judging " + p.bold(v.Judge.String()),
	}, "   ")
	lines := []string{rates, spreads}
	if v.Otherwise == 0 {
		return append(lines, fmt.Sprintf(" as planned %s   otherwise %s", p.good(count(v.AsPlanned)), p.good("0")))
	}
	lines = append(lines, p.alarm(left(fmt.Sprintf(" as planned %s   OTHERWISE %s", count(v.AsPlanned), count(v.Otherwise)), width)))
	for _, fault := range v.Faults {
		lines = append(lines, p.alarm(left(" "+fault, width)))
	}
	return lines
}

func (s spread) String() string { return short(s.P50) + "/" + short(s.P99) }

func perSecond(rate float64) string { return fmt.Sprintf("%.1f", rate) }

// verdicts are a bar each. Rejections are drawn against the most frequent of them, which
// shows their mix beside so many good messages.
func verdicts(v view, width int, p paint) []string {
	const names, numbers = 26, 20
	room := max(width-names-numbers-4, 8)
	most := 0
	for _, c := range v.Verdicts {
		if c.Reason != verifier.Verified {
			most = max(most, c.Total)
		}
	}
	lines := []string{p.dim(" " + left("verdict", names) + left("VERIFIED of all; rejections against their most frequent", room+1) + right("total", 10) + right("per s", 9))}
	for _, c := range v.Verdicts {
		colour, against := p.warn, most
		if c.Reason == verifier.Verified {
			colour, against = p.good, v.AsPlanned+v.Otherwise
		}
		drawn := left("", room)
		if c.Total > 0 {
			drawn = left(bar(float64(c.Total)/float64(max(against, 1)), room), room)
		}
		lines = append(lines, " "+left(c.Reason.String(), names)+colour(drawn)+" "+
			right(count(c.Total), 10)+right(perSecond(c.PerSecond), 9))
	}
	return lines
}

// levels are shares of one line.
func levels(v view, p paint) []string {
	var total float64
	for _, l := range v.Levels {
		total += l.Count
	}
	if total == 0 {
		return nil
	}
	text := " senders found in   "
	for i, l := range v.Levels {
		if i > 0 {
			text += "   "
		}
		text += l.Name + " " + p.accent(fmt.Sprintf("%.1f %%", 100*l.Count/total))
	}
	return []string{text}
}

// secondOpinions are on the verdicts that the shadow check sampled.
func secondOpinions(v view, p paint) []string {
	s := v.Shadow
	if s == (shadow{}) {
		return nil
	}
	disagrees := p.good("0")
	if s.Disagrees > 0 {
		disagrees = p.alarm(count(int(s.Disagrees)))
	}
	return []string{fmt.Sprintf(" second opinion     agrees %s   disagrees %s   none %s",
		p.accent(count(int(s.Agrees))), disagrees, count(int(s.None)))}
}

func changes(v view, p paint) []string {
	var lines []string
	for _, c := range v.Changes {
		after := p.dim("…")
		if c.After > 0 {
			after = p.bold(short(c.After))
		}
		lines = append(lines, fmt.Sprintf(" %s  %s certificate %s   %s after %s",
			p.dim(c.At.Format("15:04:05")), left(c.What, 10), left(c.Serial, 10), c.Effect, after))
	}
	if len(lines) == 0 {
		return nil
	}
	return append([]string{p.dim(" registry")}, lines...)
}

func examples(v view, width int, p paint) []string {
	if len(v.Examples) == 0 {
		return nil
	}
	const reason, size = 26, 10
	sender := 18
	if width > 100 {
		sender = 28
	}
	lines := []string{p.dim(" just rejected")}
	for _, e := range v.Examples {
		lines = append(lines, " "+p.warn(left(e.Reason.String(), reason))+left(e.Sender, sender)+" "+
			right(kilobytes(e.Size), size)+"  "+cells.Truncate(e.Fault, max(width-reason-sender-size-5, 0), "…"))
	}
	return lines
}

// whereToLook are never cut: they are there to be copied.
func whereToLook(all []address, p paint) []string {
	labels := 0
	for _, a := range all {
		labels = max(labels, cells.StringWidth(a.Label))
	}
	var lines []string
	for _, a := range all {
		lines = append(lines, " "+p.dim(left(a.Label, labels))+"  "+a.Value)
	}
	return lines
}
