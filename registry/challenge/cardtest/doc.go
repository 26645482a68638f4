// Package cardtest gives tests smart cards and the real card agent: SoftHSM2 tokens laid
// out like this country's cards, in a directory of the test's own, and cmd/cardagent as a
// child process on a free loopback port.
//
// A machine without SoftHSM2, OpenSC's pkcs11-tool or a C compiler skips such tests; with
// CI=true they fail.
package cardtest
