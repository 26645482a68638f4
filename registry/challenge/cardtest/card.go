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

	"turnkey-gateway/deploy/local/stacktest"
	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/verifier/verifiertest"
)

// The ids of a card's pairs.
const (
	signID     = "SIGN"
	exchangeID = "KEYX"
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

func (c Card) withDefaults() Card {
	if c.Label == "" {
		c.Label = "HiCOS sample card"
	}
	if c.PIN == "" {
		c.PIN = DefaultPIN
	}
	return c
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

	dir  string
	conf string // SOFTHSM2_CONF
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
	b := &Box{dir: t.TempDir(), Soft: softModule(t)}
	b.conf = filepath.Join(b.dir, "softhsm2.conf")
	b.mkdir(t, "tokens")
	write(t, b.conf, []byte("directories.tokendir = "+b.file("tokens")+"\nobjectstore.backend = file\nlog.level = ERROR\n"))

	source := b.file("reader.c")
	write(t, source, readerSource)
	b.Module = b.file("reader.so")
	b.tool(t, "gcc", "-shared", "-fPIC", "-O1", "-o", b.Module, source, "-ldl")
	readers := "1"
	if habits.NoReader {
		readers = "0"
	}
	b.Env = []string{
		"SOFTHSM2_CONF=" + b.conf, "CARDTEST_MODULE=" + b.Soft, "CARDTEST_STATE=" + b.file("wrong"), "CARDTEST_SIGNED=" + b.file("signed"),
		"CARDTEST_TRIES=" + strconv.Itoa(habits.Tries), "CARDTEST_SLOW=" + strconv.FormatInt(habits.Slow.Milliseconds(), 10), "CARDTEST_READERS=" + readers,
	}
	for _, c := range cards {
		b.Insert(t, c)
	}
	return b
}

// softModule returns SoftHSM2's library, which no PATH leads to.
func softModule(t testing.TB) string {
	t.Helper()
	for _, path := range []string{
		"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so",
		"/opt/homebrew/lib/softhsm/libsofthsm2.so",
	} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Fatal("softhsm2-util is there, but not libsofthsm2.so in any of its usual places")
	return ""
}

// Insert puts a card into a reader of its own; a running agent sees it.
func (b *Box) Insert(t testing.TB, c Card) {
	t.Helper()
	c = c.withDefaults()
	b.tool(t, "softhsm2-util", "--init-token", "--free", "--label", c.Label, "--so-pin", "13572468", "--pin", c.PIN)
	for id, pair := range map[string]*verifiertest.Identity{signID: c.Sign, exchangeID: c.Exchange} {
		if pair != nil {
			b.put(t, c, id, pair)
		}
	}
}

func (b *Box) put(t testing.TB, c Card, id string, pair *verifiertest.Identity) {
	t.Helper()
	key, err := pair.KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	write(t, b.file("key.pem"), key)
	write(t, b.file("cert.der"), pair.DER())
	octets := hex.EncodeToString([]byte(id))
	b.tool(t, "softhsm2-util", "--import", b.file("key.pem"), "--token", c.Label, "--label", id, "--id", octets, "--pin", c.PIN)
	b.tool(t, "pkcs11-tool", "--module", b.Soft, "--token-label", c.Label, "--login", "--pin", c.PIN,
		"--write-object", b.file("cert.der"), "--type", "cert", "--id", octets, "--label", id)
	if err := os.Remove(b.file("key.pem")); err != nil {
		t.Fatal(err)
	}
}

// Empty takes all cards out.
func (b *Box) Empty(t testing.TB) {
	t.Helper()
	if err := os.RemoveAll(b.file("tokens")); err != nil {
		t.Fatal(err)
	}
	b.mkdir(t, "tokens")
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

func (b *Box) mkdir(t testing.TB, name string) {
	t.Helper()
	if err := os.Mkdir(b.file(name), 0o700); err != nil {
		t.Fatal(err)
	}
}

func (b *Box) tool(t testing.TB, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "SOFTHSM2_CONF="+b.conf)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, args[0], err, out)
	}
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
