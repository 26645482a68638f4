// Package oracle asks other implementations what they make of a document: its canonical
// forms, and whether its signature holds.
//
// The JDK and libxml2 with libxmlsec1 run as processes of their own, each a small program
// in verifier/testdata/oracle that answers requests until it is told to end: a process for
// each document would be a hundred times slower. goxmldsig runs in process, and is asked
// only where it is not known to err.
//
// An oracle that crashes or hangs is started anew; what it was asked has no answer then,
// [ErrFailed], and nothing is concluded from it.
package oracle
