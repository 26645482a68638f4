package main

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"turnkey-gateway/verifier/pkcs1"
)

// Floors: what any verification does at least.
const (
	floorScan   = "scan"
	floorDigest = "SHA-256"
	rsaPlain    = "crypto/rsa"
	rsaAlone    = "this engine, one"
	rsaTogether = "this engine, each of eight"
)

// classes is what a scan looks each byte up in.
var classes = func() (c [256]uint8) {
	c['<'], c['&'], c['>'], c['\r'] = 1, 1, 1, 1
	return c
}()

// scan looks at each byte once.
func scan(doc []byte) func() error {
	return func() error {
		n := 0
		for _, b := range doc {
			n += int(classes[b])
		}
		if n == 0 {
			return errors.New("a document without markup")
		}
		return nil
	}
}

// digest is SHA-256 of the canonical form that was signed.
func digest(canonical []byte) func() error {
	return func() error {
		if sha256.Sum256(canonical) == [sha256.Size]byte{} {
			return errors.New("a digest of zeros")
		}
		return nil
	}
}

// verifications are of one signature, by whom; the last verifies it eight times.
func verifications(h *holder) (map[string]func() error, error) {
	sum := sha256.Sum256([]byte("a document"))
	value, err := h.identity.Key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sign with %d bits: %w", h.bits, err)
	}
	public := h.certificate.PublicKey()
	key, err := pkcs1.Prepare(public)
	if err != nil {
		return nil, err
	}
	checks := slices.Repeat([]pkcs1.Check{{Key: key, Hash: crypto.SHA256, Digest: sum[:], Signature: value}}, lanes)
	ok := make([]bool, lanes)
	verify := func(n int) error {
		pkcs1.Verify(checks[:n], ok[:n])
		if slices.Contains(ok[:n], false) {
			return errRefused
		}
		return nil
	}
	return map[string]func() error{
		rsaPlain:    func() error { return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], value) },
		rsaAlone:    func() error { return verify(1) },
		rsaTogether: func() error { return verify(lanes) },
	}, nil
}

// lanes is how many signatures go in lockstep.
const lanes = 8

func rsaText(bits int) string { return fmt.Sprintf("RSA-%d", bits) }

// opensslRSA returns what a verification takes OpenSSL, by bits of the modulus; nothing
// where it is not installed.
func opensslRSA() (map[int]time.Duration, error) {
	program, err := exec.LookPath("openssl")
	if err != nil {
		return nil, nil
	}
	out, err := pinned(program, "speed", "-mr", "-seconds", "1", "rsa2048", "rsa3072", "rsa4096").Output()
	if err != nil {
		return nil, fmt.Errorf("run openssl speed: %w", err)
	}
	return parseSpeed(string(out))
}

// parseSpeed reads the lines "+F2:<number>:<bits>:<signatures/s>:<verifications/s>" of
// openssl speed.
func parseSpeed(out string) (map[int]time.Duration, error) {
	took := make(map[int]time.Duration)
	for line := range strings.Lines(out) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) != 5 || fields[0] != "+F2" {
			continue
		}
		bits, err := strconv.Atoi(fields[2])
		rate, err2 := strconv.ParseFloat(fields[4], 64)
		if err := errors.Join(err, err2); err != nil || rate <= 0 {
			return nil, fmt.Errorf("read %q of openssl speed: %w", line, err)
		}
		took[bits] = time.Duration(float64(time.Second) / rate)
	}
	if len(took) == 0 {
		return nil, fmt.Errorf("openssl speed told no verification of RSA: %q", out)
	}
	return took, nil
}
