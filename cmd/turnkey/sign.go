package main

import (
	"bytes"
	"crypto/rsa"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/signer"
)

type signFlags struct {
	key, passphraseFile, cert string
	method, digest            string
	out                       string
}

func (t *tool) signCommand() *cobra.Command {
	var flags signFlags
	cmd := &cobra.Command{
		Use:     "sign --key FILE --cert FILE [flags] FILE|-",
		GroupID: groupFiles,
		Short:   "Sign a message",
		Long: `Adds one enveloped signature to a message, as the last child of its root, and writes the
result to standard output or --out. Every other byte stays as it is. What was signed is
verified before it is written.
在報文根元素末尾加上 enveloped 簽章，其餘內容一字不改；輸出前會先自行驗證。

The key is PEM: PKCS#1, PKCS#8, or PKCS#8 under a passphrase that stands in
--passphrase-file. The certificate must belong to it. Of a --cert file with several
certificates, the one of this key is taken.

Exit codes: 0 signed, 1 the message, key or certificate can't be signed with, 2 wrong usage or I/O.`,
		Example: `  turnkey sign --key broker.key --cert broker.cer message.xml > signed.xml
  turnkey sign --key broker.key --cert broker.cer --method exc --digest sha512 --out signed.xml message.xml
  turnkey sign --key broker.p8 --passphrase-file pass.txt --cert broker.cer - < message.xml

  A key and certificate out of a .pfx file:
    openssl pkcs12 -in broker.pfx -nocerts -out broker.p8
    openssl pkcs12 -in broker.pfx -nokeys -clcerts -out broker.cer`,
		Args: wantArgs(1, 1, "FILE (the message, or - for standard input)"),
		RunE: func(cmd *cobra.Command, args []string) error { return t.sign(cmd, flags, args[0]) },
	}
	cmd.Flags().StringVar(&flags.key, "key", "", "private key of the signer, a `FILE` in PEM")
	cmd.Flags().StringVar(&flags.passphraseFile, "passphrase-file", "", "`FILE` with the passphrase of an encrypted key")
	cmd.Flags().StringVar(&flags.cert, "cert", "", "certificate of the signer, a `FILE` in PEM, DER or PKCS#7")
	cmd.Flags().StringVar(&flags.method, "method", string(signer.C14N10), "canonicalisation `METHOD`: c14n10, c14n11 or exc")
	cmd.Flags().StringVar(&flags.digest, "digest", string(signer.SHA256), "`HASH`: sha256, sha384 or sha512")
	cmd.Flags().StringVar(&flags.out, "out", "", "`FILE` to write to instead of standard output")
	return cmd
}

func (t *tool) sign(cmd *cobra.Command, flags signFlags, file string) error {
	switch {
	case flags.key == "":
		return misuse(cmd, "--key is missing: the signer's private key, a PEM file")
	case flags.cert == "":
		return misuse(cmd, "--cert is missing: the signer's certificate")
	case !oneOf(flags.method, string(signer.C14N10), string(signer.C14N11), string(signer.Exclusive)):
		return misuse(cmd, "--method %q: use c14n10, c14n11 or exc", flags.method)
	case !oneOf(flags.digest, string(signer.SHA256), string(signer.SHA384), string(signer.SHA512)):
		return misuse(cmd, "--digest %q: use sha256, sha384 or sha512", flags.digest)
	}
	if err := onceFromStdin(cmd, []string{file, flags.key, flags.passphraseFile, flags.cert}); err != nil {
		return err
	}
	signed, err := t.signed(flags, file)
	if err != nil {
		return err
	}
	if flags.out == "" {
		_, err = t.stdout.Write(signed)
	} else {
		err = replaceFile(flags.out, signed)
	}
	if err != nil {
		return fmt.Errorf("write the signed message: %w", err)
	}
	return nil
}

// signed returns the signed message. What a signer refuses is a "no".
func (t *tool) signed(flags signFlags, file string) ([]byte, error) {
	doc, err := t.read(file, maxDocument)
	if err != nil {
		return nil, err
	}
	key, err := t.readSigningKey(flags.key, flags.passphraseFile)
	if err != nil {
		return nil, err
	}
	certs, err := t.readCertificates(flags.cert)
	if err != nil {
		return nil, err
	}
	cert, err := certificateOf(key, certs)
	if err != nil {
		return nil, refuse("sign %s: %w", display(file), err)
	}
	t.warnUnlessValid(cert)
	s, err := signer.New(key, cert.DER(), signer.Options{Method: signer.Method(flags.method), Digest: signer.Digest(flags.digest)})
	if err != nil {
		return nil, refuse("sign %s: %w", display(file), err)
	}
	signed, err := s.Sign(doc)
	if err != nil {
		return nil, refuse("sign %s: %w", display(file), err)
	}
	return signed, nil
}

// certificateOf returns the certificate of the key, of which there may be several.
func certificateOf(key *rsa.PrivateKey, certs []*verifier.Certificate) (*verifier.Certificate, error) {
	var serials []string
	for _, c := range certs {
		if public := c.PublicKey(); public != nil && key.PublicKey.Equal(public) {
			return c, nil
		}
		serials = append(serials, c.Serial()+" ("+c.Subject()+")")
	}
	return nil, fmt.Errorf("the private key does not belong to %s: give both of one pair", strings.Join(serials, ", nor to "))
}

// warnUnlessValid says that a signature made now will be rejected. Signing goes on:
// test messages are made so.
func (t *tool) warnUnlessValid(c *verifier.Certificate) {
	switch at := now(); {
	case at.After(c.NotAfter()):
		fmt.Fprintf(t.stderr, "turnkey: warning: certificate %s expired on %s: the gateway will reject what it signs\n", c.Serial(), stamp(c.NotAfter()))
	case at.Before(c.NotBefore()):
		fmt.Fprintf(t.stderr, "turnkey: warning: certificate %s is valid from %s only\n", c.Serial(), stamp(c.NotBefore()))
	}
}

func oneOf(value string, allowed ...string) bool {
	for _, a := range allowed {
		if value == a {
			return true
		}
	}
	return false
}

// replaceFile writes a whole file or nothing: a crash on the way leaves the old one.
func replaceFile(path string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".turnkey-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if _, err = f.ReadFrom(bytes.NewReader(content)); err == nil {
		err = f.Chmod(0o644)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
