// Package c14n writes the canonical form of XML documents: Canonical XML 1.0 and 1.1
// and Exclusive XML Canonicalization 1.0, each with or without comments.
//
// It works on the tokens of package xmltext, so that a document is canonicalised while
// it is read, without a tree. What it writes is a document in UTF-8; it fails on
// whatever xmltext refuses, relative namespace names among it, and never writes less
// than it was given silently.
//
// Two node-sets are supported, all that signatures need: a whole document, with one
// element left out, and one element with all that is in it.
package c14n
