// Package softcard makes smart cards of software: SoftHSM2 tokens laid out like this
// country's cards, in a directory of the caller's own.
//
// They are for demonstration and tests: a card's PIN and keys pass through the command
// lines and files of the programs that make it.
package softcard

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// The ids of a card's pairs, which are their labels too.
const (
	signID     = "SIGN"
	exchangeID = "KEYX"
)

// The programs that [Box.Insert] runs.
const (
	tokenProgram  = "softhsm2-util"
	objectProgram = "pkcs11-tool"
)

// A Pair is a private key and its certificate.
type Pair struct {
	Key         *rsa.PrivateKey
	Certificate []byte // DER
}

// A Card is what a smart card holds. Its label tells it from the others of a box.
type Card struct {
	Label, PIN string

	// Sign is the pair whose id is SIGN, Exchange the one whose id is KEYX; nil: the card
	// has none.
	Sign, Exchange *Pair
}

// A Box holds cards, each in a reader of its own. It is for one goroutine.
type Box struct {
	// Module is the path of SoftHSM2's PKCS#11 module.
	Module string

	// Env is the variable by which the module finds the box.
	Env string

	dir string
}

// NewBox makes an empty box in dir, which must be there.
func NewBox(dir string) (*Box, error) {
	module, err := findModule()
	if err != nil {
		return nil, err
	}
	b := &Box{Module: module, dir: dir}
	conf := b.file("softhsm2.conf")
	b.Env = "SOFTHSM2_CONF=" + conf
	text := "directories.tokendir = " + b.tokens() + "\nobjectstore.backend = file\nlog.level = ERROR\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("make a box of cards: %w", err)
	}
	if err := os.Mkdir(b.tokens(), 0o700); err != nil {
		return nil, fmt.Errorf("make a box of cards: %w", err)
	}
	return b, nil
}

// findModule returns SoftHSM2's library, which no PATH leads to.
func findModule() (string, error) {
	for _, path := range []string{
		"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so",
		"/opt/homebrew/lib/softhsm/libsofthsm2.so",
	} {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New("libsofthsm2.so is in none of its usual places")
}

// Insert makes a card. Who uses the box already sees it, at first without its pairs.
func (b *Box) Insert(ctx context.Context, c Card) error {
	if err := b.run(ctx, tokenProgram, "--init-token", "--free", "--label", c.Label, "--so-pin", "13572468", "--pin", c.PIN); err != nil {
		return fmt.Errorf("make the card %s: %w", c.Label, err)
	}
	for _, p := range []struct {
		id   string
		pair *Pair
	}{{signID, c.Sign}, {exchangeID, c.Exchange}} {
		if p.pair == nil {
			continue
		}
		if err := b.put(ctx, c, p.id, p.pair); err != nil {
			return fmt.Errorf("make the card %s: %w", c.Label, err)
		}
	}
	return nil
}

// put writes a pair onto a card. The key's file is gone when it returns.
func (b *Box) put(ctx context.Context, c Card, id string, pair *Pair) error {
	der, err := x509.MarshalPKCS8PrivateKey(pair.Key)
	if err != nil {
		return err
	}
	key, cert := b.file("key.pem"), b.file("cert.der")
	defer os.Remove(key)
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(cert, pair.Certificate, 0o600); err != nil {
		return err
	}
	octets := hex.EncodeToString([]byte(id))
	if err := b.run(ctx, tokenProgram, "--import", key, "--token", c.Label, "--label", id, "--id", octets, "--pin", c.PIN); err != nil {
		return err
	}
	return b.run(ctx, objectProgram, "--module", b.Module, "--token-label", c.Label, "--login", "--pin", c.PIN,
		"--write-object", cert, "--type", "cert", "--id", octets, "--label", id)
}

// Empty takes all cards out.
func (b *Box) Empty() error {
	err := os.RemoveAll(b.tokens())
	if err == nil {
		err = os.Mkdir(b.tokens(), 0o700)
	}
	if err != nil {
		return fmt.Errorf("empty a box of cards: %w", err)
	}
	return nil
}

func (b *Box) tokens() string { return b.file("tokens") }

func (b *Box) file(name string) string { return filepath.Join(b.dir, name) }

func (b *Box) run(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), b.Env)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", program, args[0], err, out)
	}
	return nil
}
