package challenge

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
)

// version begins every sentence; another wording gets another version.
const version = "turnkey-login-v1"

// A Purpose is what a signature is wanted for. The set is closed.
type Purpose string

const (
	Register Purpose = "register" // 憑證帳號註冊: the card becomes an account's login certificate
	Login    Purpose = "login"    // 憑證登入
	Import   Purpose = "import"   // 通關憑證註冊 of a card's certificate
	Replace  Purpose = "replace"  // 憑證更換作業
	Prove    Purpose = "prove"    // the holder of a pending registration shows that the key is theirs
)

// Purposes returns them all.
func Purposes() []Purpose { return []Purpose{Register, Login, Import, Replace, Prove} }

// What a sentence can't be made of.
var (
	ErrPurpose = errors.New("unknown purpose of a signature")
	ErrNonce   = errors.New("not a nonce: 32 octets in unpadded base64url, 43 characters")
)

// nonceOctets are a nonce's random octets: 256 bits can't be guessed, nor met twice.
const nonceOctets = 32

// NewNonce returns a new random nonce.
func NewNonce() string {
	var octets [nonceOctets]byte
	_, _ = rand.Read(octets[:]) // never fails: the program ends if there is no randomness
	return base64.RawURLEncoding.EncodeToString(octets[:])
}

// CheckNonce returns [ErrNonce] for anything that [NewNonce] can't return.
func CheckNonce(nonce string) error {
	octets, err := base64.RawURLEncoding.DecodeString(nonce)
	// The decoder skips line ends and the last character's spare bits: encoding again
	// leaves one spelling.
	if err != nil || len(octets) != nonceOctets || base64.RawURLEncoding.EncodeToString(octets) != nonce {
		return ErrNonce
	}
	return nil
}

// Sentence returns the bytes that a card signs. Errors are [ErrPurpose], [ErrOrigin] and
// [ErrNonce].
func Sentence(purpose Purpose, origin, nonce string) ([]byte, error) {
	if !slices.Contains(Purposes(), purpose) {
		return nil, ErrPurpose
	}
	if err := CheckOrigin(origin); err != nil {
		return nil, err
	}
	if err := CheckNonce(nonce); err != nil {
		return nil, err
	}
	return []byte(strings.Join([]string{version, string(purpose), origin, nonce}, "\x00")), nil
}
