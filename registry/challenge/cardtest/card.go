package cardtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/deploy/local/softcard"
	"turnkey-gateway/deploy/local/stacktest"
	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/verifier/verifiertest"
)

// DefaultPIN is the PIN of a [Card] that names none.
const DefaultPIN = "246813"

// A Card is what a smart card holds.
type Card struct {
	// Label tells cards apart; empty means "HiCOS sample card".
	Label string

	// PIN has 6 to 8 digits on real cards; empty means [DefaultPIN].
	PIN string

	// Sign is the pair whose id is SIGN, with its certificate; nil: the card has none.
	Sign *verifiertest.Identity

	// Exchange is the pair whose id is KEYX; nil: the card has none.
	Exchange *verifiertest.Identity
}

// soft returns the card as it is made.
func (c Card) soft() softcard.Card {
	made := softcard.Card{Label: c.Label, PIN: c.PIN}
	if made.Label == "" {
		made.Label = "HiCOS sample card"
	}
	if made.PIN == "" {
		made.PIN = DefaultPIN
	}
	if c.Sign != nil {
		made.Sign = &softcard.Pair{Key: c.Sign.Key, Certificate: c.Sign.DER()}
	}
	if c.Exchange != nil {
		made.Exchange = &softcard.Pair{Key: c.Exchange.Key, Certificate: c.Exchange.DER()}
	}
	return made
}

// Sign returns what a card would make of the sentence of purpose, origin and nonce: for
// tests that need no card.
func Sign(t testing.TB, by *verifiertest.Identity, purpose challenge.Purpose, origin, nonce string) []byte {
	t.Helper()
	sentence, err := challenge.Sentence(purpose, origin, nonce)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(sentence)
	signature, err := rsa.SignPKCS1v15(rand.Reader, by.Key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

// A Box holds the readers of a test's computer, and their cards.
type Box struct {
	// Module is the path of the PKCS#11 module to use the cards with: one that has the
	// box's habits, in front of SoftHSM2's own.
	Module string

	// Soft is the path of SoftHSM2's own module. A test that wants nothing between makes it
	// the box's Module.
	Soft string

	// Env are the variables that Module needs.
	Env []string

	dir   string
	cards *softcard.Box
}

// Habits are what real readers and cards do and SoftHSM2 doesn't.
type Habits struct {
	// Tries is how many wrong PINs in a row lock a card; 0: it says that there were wrong
	// ones, but bears any number.
	Tries int

	// Slow is how long a card takes to judge a PIN.
	Slow time.Duration

	// NoReader leaves the computer without a reader.
	NoReader bool
}

//go:embed testdata/reader.c
var readerSource []byte

// NewBox returns readers with these cards in them.
func NewBox(t testing.TB, habits Habits, cards ...Card) *Box {
	t.Helper()
	for _, program := range []string{"softhsm2-util", "pkcs11-tool", "gcc"} {
		stacktest.Program(t, program)
	}
	b := &Box{dir: t.TempDir()}
	var err error
	if b.cards, err = softcard.NewBox(b.dir); err != nil {
		t.Fatal(err)
	}
	b.Soft = b.cards.Module

	source := b.file("reader.c")
	if err := os.WriteFile(source, readerSource, 0o600); err != nil {
		t.Fatal(err)
	}
	b.Module = b.file("reader.so")
	if out, err := exec.Command("gcc", "-shared", "-fPIC", "-O1", "-o", b.Module, source, "-ldl").CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	readers := "1"
	if habits.NoReader {
		readers = "0"
	}
	b.Env = []string{
		b.cards.Env, "CARDTEST_MODULE=" + b.Soft, "CARDTEST_STATE=" + b.file("wrong"), "CARDTEST_SIGNED=" + b.file("signed"),
		"CARDTEST_TRIES=" + strconv.Itoa(habits.Tries), "CARDTEST_SLOW=" + strconv.FormatInt(habits.Slow.Milliseconds(), 10), "CARDTEST_READERS=" + readers,
	}
	for _, c := range cards {
		b.Insert(t, c)
	}
	return b
}

// Insert puts a card into a reader of its own; a running agent sees it.
func (b *Box) Insert(t testing.TB, c Card) {
	t.Helper()
	if err := b.cards.Insert(t.Context(), c.soft()); err != nil {
		t.Fatal(err)
	}
}

// Empty takes all cards out.
func (b *Box) Empty(t testing.TB) {
	t.Helper()
	if err := b.cards.Empty(); err != nil {
		t.Fatal(err)
	}
}

// Signed returns everything that the cards were given to sign so far.
func (b *Box) Signed(t testing.TB) (all [][]byte) {
	t.Helper()
	lines, err := os.ReadFile(b.file("signed"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(lines)) {
		octets, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, octets)
	}
	return all
}

// WrongPINs returns how many wrong PINs in a row the cards have met.
func (b *Box) WrongPINs(t testing.TB) (n int) {
	t.Helper()
	text, err := os.ReadFile(b.file("wrong"))
	if os.IsNotExist(err) {
		return 0
	}
	if err == nil {
		_, err = fmt.Sscan(string(text), &n)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (b *Box) file(name string) string { return filepath.Join(b.dir, name) }
