package page

// A Goal is what is to be reached, and what was.
type Goal struct {
	What, Aim, Measured string
	Known, Met          bool // Known: it was measured
}

// AtMost is a goal for a figure that is not to be larger; one of 0 was not measured.
func AtMost(what string, measured, most float64, text func(float64) string) Goal {
	return Goal{What: what, Aim: "<= " + text(most), Measured: text(measured), Known: measured > 0, Met: measured <= most}
}

// AtLeast is a goal for a figure that is not to be smaller; one of 0 was not measured.
func AtLeast(what string, measured, least float64, text func(float64) string) Goal {
	return Goal{What: what, Aim: ">= " + text(least), Measured: text(measured), Known: measured > 0, Met: measured >= least}
}

// reached is what was measured, as the page says it.
func (g Goal) reached() string {
	if !g.Known {
		return "-"
	}
	return g.Measured
}

func (g Goal) outcome() string {
	switch {
	case !g.Known:
		return "not measured"
	case g.Met:
		return "met"
	}
	return "**missed**"
}

// Goals is the table of all goals.
func (p *Page) Goals(all ...Goal) {
	p.Header("", "goal", "measured", "")
	for _, g := range all {
		p.Row(g.What, g.Aim, g.reached(), g.outcome())
	}
}
