package verifier

import "math/big"

// Hints are what a message's KeyInfo says of its signer: which registrations to look
// up. They prove nothing.
type Hints struct {
	Fingerprints  []Fingerprint // of X509Certificate elements
	IssuerSerials []IssuerSerial
	SKIs          [][]byte
}

// An IssuerSerial names a certificate by its issuer, in string form as some library
// wrote it, and its serial number.
type IssuerSerial struct {
	Issuer string
	Serial *big.Int
}
