package pkcs1

// Verify verifies every check on its own, as [Key.Verify] does, and writes its answer to
// the same place of ok, which must be as long: no answer depends on a neighbour. Where the
// machine can, those with keys of one size go in lockstep, eight at a time.
func Verify(checks []Check, ok []bool) {
	var g groups
	for i := range checks {
		c := &checks[i]
		switch {
		case c.Key.wide == nil:
			ok[i] = c.Key.Verify(c.Hash, c.Digest, c.Signature)
		default:
			g.add(c, &ok[i])
		}
	}
	for i := range g {
		g[i].verify()
	}
}

// groups are the checks that wait for company, by the size of their keys.
type groups [3]group

// A group is checks of one size, eight at the most.
type group struct {
	size    int
	members [lanes]member
}

type member struct {
	check *Check
	ok    *bool
	want  [maxBytes]byte
}

func (g *groups) add(c *Check, ok *bool) {
	of := &g[(c.Key.wide.blocks-8)/4]
	m := &of.members[of.size]
	m.check, m.ok = c, ok
	if *ok = c.expected(m.expected()); !*ok {
		return
	}
	if of.size++; of.size == lanes {
		of.verify()
	}
}

// worthLockstep is how many in lockstep take less time than one after the other.
const worthLockstep = 6

// verify verifies the members and leaves the group empty.
func (g *group) verify() {
	members := g.members[:g.size]
	g.size = 0
	if len(members) < worthLockstep {
		for i := range members {
			m := &members[i]
			*m.ok = m.check.alone(m.expected())
		}
		return
	}
	l := locksteps.Get().(*lockstep)
	for i := range members {
		c := members[i].check
		l.load(i, c.Key.wide, c.Signature)
	}
	l.raise(members[0].check.Key.wide.blocks)
	var room [soloLimbs]uint64
	for i := range members {
		m := &members[i]
		k := m.check.Key.wide
		*m.ok = k.is(l.result(i, k, room[:]), m.expected())
	}
	locksteps.Put(l)
}

func (m *member) expected() []byte { return m.want[:len(m.check.Key.modulus)] }

// Lockstep reports whether this processor verifies in lockstep.
func Lockstep() bool { return hasLockstep }
