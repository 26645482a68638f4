// Package pkcs1 verifies RSASSA-PKCS1-v1_5 signatures (RFC 8017, 8.2) with keys that
// were prepared once.
//
// The arithmetic is ours, in three forms with the same verdicts: eight signatures in
// lockstep and one alone, both on AVX-512 IFMA, and plain Go. The alternative was
// filippo.io/bigmod with the modulus kept between calls. In µs a signature of 2048, 3072
// and 4096 bits, in one run on one machine:
//
//	crypto/rsa             29   166  292
//	bigmod, modulus kept   22   119  204
//	plain Go               36    77  134
//	one alone             6.1  11.9 19.5
//	eight in lockstep     3.6   7.6 13.2
//
// bigmod is faster than plain Go at 2048 bits, where it has assembly, and slower above: a
// processor without IFMA pays 14 µs there for not having a second arithmetic to trust.
package pkcs1
