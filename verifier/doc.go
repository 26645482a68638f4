// Package verifier decides whether an XML document was signed by a certificate
// that its sender registered.
//
// It performs no I/O, reads no clock and writes no log: equal inputs give equal
// verdicts. It knows nothing of Kafka, of databases, or of how a sender was
// authenticated; it is told who the sender is and what is registered.
//
// A document is judged in two steps, so that the certificates of a whole batch
// can be looked up together: [Engine.Read] checks its form and says what KeyInfo
// refers to, [Message.Judge] gives the [Verdict].
//
// Invariant: a [Verdict] names a signer and a signed digest only if that signer's
// key signed exactly the canonical octets the digest is taken over, and the zero
// Verdict is not a verified one.
package verifier
