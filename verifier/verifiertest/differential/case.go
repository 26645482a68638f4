package differential

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"turnkey-gateway/verifier/verifiertest/oracle"
)

// A Case is a question, put to one oracle, on which it disagrees.
type Case struct {
	Oracle   Oracle
	Document []byte
	Says     string // the oracle's words, empty where its octets differ
	Ours     []byte // canonical octets
	Theirs   []byte

	request *oracle.Request // for the canonical form; nil: whether the signature holds
	key     []byte          // of the signature
}

// difference says in what they differ.
func (c *Case) difference() string {
	if c.Says != "" {
		return "it says " + c.Says
	}
	at := 0
	for at < len(c.Ours) && at < len(c.Theirs) && c.Ours[at] == c.Theirs[at] {
		at++
	}
	around := func(octets []byte) []byte { return octets[max(0, at-100):min(len(octets), at+100)] }
	return fmt.Sprintf("from octet %d on:\nours   %q\ntheirs %q", at, around(c.Ours), around(c.Theirs))
}

// ask puts the question, of that document, and returns where the oracle disagrees: nil
// if it does not. An error is [oracle.ErrFailed].
func (c Case) ask(doc []byte) (*Case, error) {
	c.Document, c.Says, c.Ours, c.Theirs = doc, "", nil, nil
	if c.request != nil {
		return c.askForm()
	}
	return c.askSignature()
}

func (c Case) askForm() (*Case, error) {
	q := *c.request
	q.Document = c.Document
	ours, err := oracle.Own{}.Canonicalize(q)
	if err != nil {
		return nil, nil // refusing more is allowed
	}
	c.request, c.Ours = &q, ours
	theirs, err := c.Oracle.Canonicalize(q)
	return c.answered(theirs, err)
}

// askSignature asks about a document that is verified here.
func (c Case) askSignature() (*Case, error) {
	ours, err := ownDigested(c.Document)
	if err != nil {
		return nil, fmt.Errorf("canonicalise what is verified: %w", err)
	}
	theirs, err := c.Oracle.Verify(c.key, c.Document)
	if err != nil {
		return c.answered(nil, err)
	}
	if len(theirs.References) != len(ours.References) {
		c.Says = fmt.Sprintf("%d References", len(theirs.References))
		return &c, nil
	}
	c.Ours = ours.SignedInfo
	if at, _ := c.answered(theirs.SignedInfo, nil); at != nil {
		return at, nil
	}
	for i := range ours.References {
		c.Ours = ours.References[i]
		if at, _ := c.answered(theirs.References[i], nil); at != nil {
			return at, nil
		}
	}
	return nil, nil
}

func (c Case) answered(theirs []byte, err error) (*Case, error) {
	switch {
	case errors.Is(err, oracle.ErrFailed):
		return nil, err
	case err != nil:
		c.Says = err.Error()
		return &c, nil
	case bytes.Equal(c.Ours, theirs):
		return nil, nil
	}
	c.Theirs = theirs
	return &c, nil
}

// said reports whether the oracle's words hold all of these.
func (c *Case) said(words ...string) bool {
	for _, w := range words {
		if !strings.Contains(c.Says, w) {
			return false
		}
	}
	return len(words) > 0
}
