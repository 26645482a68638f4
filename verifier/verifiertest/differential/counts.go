package differential

// Counts are what a run came to. All numbers add up: see [Counts.Check].
type Counts struct {
	Documents int64            // made, signed and judged
	Mutations int64            // changed documents judged
	Octets    int64            // bytes of both
	Signers   map[string]int64 // documents, by whose canonical octets were signed

	Accepted int64            // mutations that some profile verified
	Refused  map[string]int64 // mutations that none did, by the reason that interop gives
	Changes  map[string]Fate  // mutations, by what was changed

	Signed   int64            // documents that package signer signed, before they were
	Unsigned map[string]int64 // documents that it did not, by why

	Asked map[string]Tally // by oracle and question
	Laws  int64            // findings that no oracle was asked about
}

// A Fate is what became of the mutations by one change.
type Fate struct{ Accepted, Refused int64 }

// A Tally is what an oracle answered to one question.
type Tally struct {
	Asked    int64
	Agreed   int64
	Listed   map[string]int64 // disagreements that are listed, by name
	Skipped  map[string]int64 // not asked after all, by the deviation known of it
	Failed   int64            // no answer: it crashed or hung
	Differed int64            // the rest: findings
}

// Add adds what another run came to.
func (c *Counts) Add(o Counts) {
	c.Documents += o.Documents
	c.Mutations += o.Mutations
	c.Octets += o.Octets
	c.Accepted += o.Accepted
	c.Signed += o.Signed
	c.Laws += o.Laws
	addAll(&c.Signers, o.Signers)
	addAll(&c.Refused, o.Refused)
	addAll(&c.Unsigned, o.Unsigned)
	for name, f := range o.Changes {
		c.tell(name, f)
	}
	for name, y := range o.Asked {
		c.answer(name, y)
	}
}

func (t *Tally) add(o Tally) {
	t.Asked += o.Asked
	t.Agreed += o.Agreed
	t.Failed += o.Failed
	t.Differed += o.Differed
	addAll(&t.Listed, o.Listed)
	addAll(&t.Skipped, o.Skipped)
}

// addAll adds b to a, and keeps nothing of b.
func addAll(a *map[string]int64, b map[string]int64) {
	if *a == nil && len(b) > 0 {
		*a = map[string]int64{}
	}
	for k, n := range b {
		(*a)[k] += n
	}
}

// answer counts what an oracle answered to a question.
func (c *Counts) answer(name string, y Tally) {
	if c.Asked == nil {
		c.Asked = map[string]Tally{}
	}
	sum := c.Asked[name]
	sum.add(y)
	c.Asked[name] = sum
}

// tell counts what became of a change.
func (c *Counts) tell(change string, f Fate) {
	if c.Changes == nil {
		c.Changes = map[string]Fate{}
	}
	sum := c.Changes[change]
	c.Changes[change] = Fate{Accepted: sum.Accepted + f.Accepted, Refused: sum.Refused + f.Refused}
}

func count(m *map[string]int64, name string) {
	if *m == nil {
		*m = map[string]int64{}
	}
	(*m)[name]++
}

// Total adds up what is counted by name.
func Total(m map[string]int64) (sum int64) {
	for _, n := range m {
		sum += n
	}
	return sum
}

// Check reports whether the numbers add up.
func (c *Counts) Check() bool {
	var changed Fate
	for _, f := range c.Changes {
		changed.Accepted += f.Accepted
		changed.Refused += f.Refused
	}
	ok := changed.Accepted == c.Accepted && changed.Refused == Total(c.Refused) && c.Mutations == c.Accepted+Total(c.Refused) &&
		c.Documents == Total(c.Signers) && c.Documents == c.Signed+Total(c.Unsigned)
	for _, t := range c.Asked {
		ok = ok && t.Asked == t.Agreed+Total(t.Listed)+Total(t.Skipped)+t.Failed+t.Differed
	}
	return ok
}

// Differed returns how many findings there were.
func (c *Counts) Differed() int64 {
	sum := c.Laws
	for _, t := range c.Asked {
		sum += t.Differed
	}
	return sum
}
