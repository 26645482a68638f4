// Package challenge is the sentence that a card signs to prove that it is there: what it
// says, how it is composed and how its signature is verified.
//
// A sentence is "turnkey-login-v1", NUL, the purpose, NUL, the origin that asked, NUL, the
// server's nonce. The card agent composes it from the Origin of the WebSocket handshake; the
// server from its own origin and the nonce it gave. So a signature is worth nothing on
// another site, for another purpose or a second time.
//
// Invariants: two different (purpose, origin, nonce) never make the same sentence, as none
// of them may hold a NUL; and no sentence is an XML document, let alone a SignedInfo, as
// it begins with a letter and holds NULs.
//
// The package keeps no nonces and reads no clock: that a nonce is fresh, and used once, is
// for its caller to know. Its errors hold none of what was judged.
package challenge
