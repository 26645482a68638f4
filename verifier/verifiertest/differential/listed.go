package differential

import (
	"bytes"
	"slices"
	"strings"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/verifiertest/oracle"
)

// A Listed disagreement is one in which the standard is on our side. What it excuses is
// shown each time, in one of four ways.
type Listed struct {
	Name    string
	Oracle  string
	Section string // what decides

	// when narrows it to cases, nil to none.
	when func(c *Case) bool

	// mend returns the same document without what the oracle errs on: it must agree then.
	mend func(doc []byte) []byte

	// unread returns another document, without what the oracle can't read: it must agree on
	// that.
	unread func(doc []byte) []byte

	// without returns canonical octets without that in which the oracle errs: they must be
	// the same then.
	without func(q *oracle.Request, octets []byte) []byte

	// lacks reports that the oracle does not have the algorithm that the document asks
	// for: it must agree on all canonical forms then.
	lacks func(c *Case) bool

	// laxer reports that the oracle may take a document that does not hold.
	laxer func(doc []byte) bool
}

// Listing returns all that is listed.
func Listing() []Listed { return listing }

// explain returns the names of the listed disagreements that a case is, empty if it is
// another one.
func explain(c *Case) string {
	of := slices.DeleteFunc(listedOf(c.Oracle.Name()), func(l *Listed) bool { return l.when != nil && !l.when(c) })
	mends := slices.DeleteFunc(slices.Clone(of), func(l *Listed) bool { return l.mend == nil })
	// Each alone, for that says most; then all together.
	for _, some := range append(alone(mends), nil, mends) {
		if names, ok := mended(c, some, of); ok {
			return strings.Join(names, " + ")
		}
	}
	return ""
}

func alone(all []*Listed) (each [][]*Listed) {
	for _, l := range all {
		each = append(each, []*Listed{l})
	}
	return each
}

// mended asks again with the document mended, and holds what is left against of.
func mended(c *Case, mends, of []*Listed) (names []string, ok bool) {
	doc := c.Document
	for _, l := range mends {
		if better := l.mend(doc); !bytes.Equal(better, doc) {
			doc = better
			names = append(names, l.Name)
		}
	}
	if len(mends) > 0 && len(names) == 0 {
		return nil, false
	}
	left := c
	if len(names) > 0 {
		if !same(c, doc) {
			return nil, false
		}
		var err error
		if left, err = c.ask(doc); err != nil {
			return nil, false
		}
	}
	if left == nil {
		return names, true
	}
	rest := matching(left, of)
	return append(names, rest...), len(rest) > 0
}

// same reports whether a mended document means what the document did, by our canonical
// forms.
func same(c *Case, doc []byte) bool {
	if c.request != nil {
		q := *c.request
		q.Document = doc
		octets, err := oracle.Own{}.Canonicalize(q)
		return err == nil && bytes.Equal(octets, c.Ours)
	}
	was, err := ownDigested(c.Document)
	if err != nil {
		return false
	}
	is, err := ownDigested(doc)
	return err == nil && bytes.Equal(was.SignedInfo, is.SignedInfo) && slices.EqualFunc(was.References, is.References, bytes.Equal)
}

// matching returns the names of what explains a case without mending.
func matching(c *Case, of []*Listed) (names []string) {
	for _, l := range of {
		if l.unread != nil && reads(c, l.unread(c.Document)) {
			return []string{l.Name}
		}
		if l.lacks != nil && c.request == nil && l.lacks(c) {
			if rest, ok := differing(c, of); ok {
				return append(rest, l.Name)
			}
		}
	}
	switch {
	case c.request != nil && c.Says == "":
		return erring(c, of)
	case c.request == nil && c.said("does not hold"):
		names, _ = differing(c, of)
	}
	return names
}

// erring returns the names of what makes all the difference between canonical octets.
func erring(c *Case, of []*Listed) (names []string) {
	ours, theirs := c.Ours, c.Theirs
	for _, l := range of {
		if l.without == nil || bytes.Equal(ours, theirs) {
			continue
		}
		a, b := l.without(c.request, ours), l.without(c.request, theirs)
		if !bytes.Equal(a, ours) || !bytes.Equal(b, theirs) {
			ours, theirs, names = a, b, append(names, l.Name)
		}
	}
	if !bytes.Equal(ours, theirs) {
		return nil
	}
	return names
}

// differing returns the names of what makes all the difference between our octets of the
// parts that are signed and the oracle's; none where there is no difference. It is not ok
// if something else does.
func differing(c *Case, of []*Listed) (names []string, ok bool) {
	all, err := parts(c.Document)
	if err != nil {
		return nil, false
	}
	for i := range all {
		at, err := Case{Oracle: c.Oracle, request: &all[i]}.ask(c.Document)
		if err != nil {
			return nil, false
		}
		if at == nil {
			continue
		}
		some := erring(at, of)
		if at.Says != "" || len(some) == 0 {
			return nil, false
		}
		names = append(names, some...)
	}
	slices.Sort(names)
	return slices.Compact(names), true
}

// reads reports whether the oracle makes of another document what we do.
func reads(c *Case, doc []byte) bool {
	if bytes.Equal(doc, c.Document) {
		return false
	}
	q := oracle.Request{Options: c14n.Options{Comments: true}}
	at, err := Case{Oracle: c.Oracle, request: &q}.ask(doc)
	return err == nil && at == nil
}

// laxer returns the names of what lets an oracle verify what does not hold here: it
// digests other octets, or a listed deviation says so.
func laxer(c *Case) string {
	of := listedOf(c.Oracle.Name())
	if names, ok := differing(c, of); ok && len(names) > 0 {
		return strings.Join(names, " + ")
	}
	for _, l := range of {
		if l.laxer != nil && l.laxer(c.Document) {
			return l.Name
		}
	}
	return ""
}

func listedOf(oracle string) (of []*Listed) {
	for i := range listing {
		if listing[i].Oracle == oracle {
			of = append(of, &listing[i])
		}
	}
	return of
}
