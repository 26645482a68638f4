// Package explain tells a person, step by step, why a document's signature holds or
// fails: what each Reference covers, the bytes that were digested, the digests, what the
// certificate's key says of SignedInfo, and what to do. It keeps the words for every
// [verifier.Reason], in both languages.
//
// It performs no I/O and reads no clock. It decides nothing: the verdict is the
// verifier's, and what is shown beside it is recomputed for showing only.
//
// Invariant: however hostile the document, an explanation is short, is valid UTF-8 in
// which no text holds a control character, takes time in proportion to the document, and
// is the same each time.
package explain
