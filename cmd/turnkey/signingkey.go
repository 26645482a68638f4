package main

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"

	"github.com/youmark/pkcs8"
)

const maxKeyFile = 64 << 10 // bytes

// readSigningKey returns the RSA key of a PEM file: PKCS#1, PKCS#8, or PKCS#8
// encrypted under the passphrase in passphraseFile. It warns of a key file that
// others on the machine may read.
func (t *tool) readSigningKey(name, passphraseFile string) (*rsa.PrivateKey, error) {
	data, err := t.read(name, maxKeyFile)
	if err != nil {
		return nil, err
	}
	t.warnIfShared(name)
	key, err := t.parseSigningKey(data, name, passphraseFile)
	if err != nil {
		return nil, err
	}
	if err := key.Validate(); err != nil {
		return nil, fmt.Errorf("check the key in %s: %w", display(name), err)
	}
	return key, nil
}

func (t *tool) parseSigningKey(data []byte, name, passphraseFile string) (*rsa.PrivateKey, error) {
	block := firstKeyBlock(data)
	if block == nil {
		return nil, advise(fmt.Errorf("read a key from %s: no PEM private key in it", display(name)),
			"wanted: -----BEGIN PRIVATE KEY-----; from a .pfx: openssl pkcs12 -in broker.pfx -nocerts -out key.pem\nfrom DER: openssl pkey -inform DER -in key.der -out key.pem")
	}
	var parsed any
	var err error
	switch {
	case block.Headers["DEK-Info"] != "":
		return nil, advise(fmt.Errorf("read the key in %s: it is encrypted in the old OpenSSL way, which is not read here", display(name)),
			"turn it into PKCS#8 first: openssl pkcs8 -topk8 -in %s -out key.p8.pem\nthen: --key key.p8.pem --passphrase-file FILE", name)
	case block.Type == "ENCRYPTED PRIVATE KEY":
		return t.decryptKey(block.Bytes, name, passphraseFile)
	case block.Type == "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	default:
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, fmt.Errorf("parse the key in %s: %w", display(name), err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the key in %s is a %T: messages are signed with RSA", display(name), parsed)
	}
	return key, nil
}

func firstKeyBlock(data []byte) *pem.Block {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return nil
		}
		switch block.Type {
		case "PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY":
			return block
		}
	}
}

func (t *tool) decryptKey(der []byte, name, passphraseFile string) (*rsa.PrivateKey, error) {
	if passphraseFile == "" {
		return nil, advise(fmt.Errorf("read the key in %s: it is encrypted", display(name)),
			"give its passphrase in a file: --passphrase-file FILE\nor decrypt it: openssl pkcs8 -in %s -out key.pem (then guard key.pem: chmod 600)", name)
	}
	passphrase, err := t.read(passphraseFile, maxKeyFile)
	if err != nil {
		return nil, err
	}
	t.warnIfShared(passphraseFile)
	key, err := pkcs8.ParsePKCS8PrivateKeyRSA(der, bytes.TrimRight(passphrase, "\r\n"))
	if err != nil {
		return nil, advise(fmt.Errorf("decrypt the key in %s: %w", display(name), err),
			"check the passphrase in %s (a line end after it is dropped)", display(passphraseFile))
	}
	return key, nil
}

// warnIfShared says so where others than its owner may read a secret's file.
func (t *tool) warnIfShared(name string) {
	info, err := os.Stat(name)
	if name == "-" || err != nil || !info.Mode().IsRegular() {
		return
	}
	if shared := info.Mode().Perm() & 0o077; shared != 0 {
		fmt.Fprintf(t.stderr, "turnkey: warning: %s (mode %04o) may be read by others on this machine: chmod 600 %s\n",
			name, info.Mode().Perm(), name)
	}
}
