package main

import (
	"turnkey-gateway/registry/challenge"
)

// signID is CKA_ID of the pair that signs. The cards' other pairs, KEYX for encryption
// above all, are never used.
const signID = "SIGN"

// A reader is a slot of the PKCS#11 module, with the card in it.
type reader struct {
	// Slot is the slot's number in decimal: it may not fit a JavaScript number.
	Slot string `json:"slot"`
	Name string `json:"reader"`
	Card *card  `json:"card"` // nil where there is none
}

// A card is what a token says of itself.
type card struct {
	Label string `json:"label"`
	Tries tries  `json:"tries"`

	serial         string // tells cards apart; stays here
	minPIN, maxPIN int    // 0 where unknown
}

// A module drives the cards for one request. Its methods' errors are a [*fault].
type module interface {
	// readers returns all readers, those without a card too.
	readers() ([]reader, error)

	// certificates returns, in DER, the certificates whose id is SIGN.
	certificates(slot string) ([][]byte, error)

	// sign logs in with pin, has the private key whose id is SIGN sign the sentence of
	// purpose, origin and nonce with CKM_SHA256_RSA_PKCS, and logs out. It takes no bytes
	// to sign: there is no way for any but a sentence to a card.
	sign(slot string, pin []byte, purpose challenge.Purpose, origin, nonce string) ([]byte, error)

	// close ends the use of the module.
	close()
}
