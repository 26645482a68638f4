package main

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/verifier"
)

type proveFlags struct {
	key, passphraseFile, cert string
	origin, nonce             string
}

func (t *tool) proveCommand() *cobra.Command {
	var flags proveFlags
	cmd := &cobra.Command{
		Use:     "prove --key FILE --cert FILE --origin URL --nonce NONCE",
		GroupID: groupFiles,
		Short:   "Prove to the portal that you hold a certificate's key",
		Long: `The portal shows a one-time challenge where a certificate alone doesn't say whose it is. This
signs that challenge with the certificate's key and prints the signature, in base64, to be
pasted into the portal's page within five minutes. The key never leaves this machine.
以憑證的私鑰簽署入口網站顯示的一次性挑戰值，並印出 base64 簽章值，請於五分鐘內貼回網頁，
以證明您持有該金鑰；私鑰不會離開本機。

It signs nothing but the sentence turnkey-login-v1, prove, the origin and the nonce: no message
and no other site can use that signature. Copy --origin and --nonce from the page; the origin is
what your browser's address line begins with, and must be the portal's own. Never run this for
somebody who sends you a nonce by mail or telephone.
請自行從網頁複製 --origin 與 --nonce，並確認網址確為入口網站；切勿替他人以郵件或電話提供的
挑戰值簽章。

Exit codes: 0 signed, 1 the key or certificate can't be used for it, 2 wrong usage or I/O.`,
		Example: `  turnkey prove --key broker.key --cert broker.cer --origin https://portal.example.tw --nonce 4fzR...
  turnkey prove --key broker.p8 --passphrase-file pass.txt --cert broker.cer --origin https://portal.example.tw --nonce 4fzR...`,
		Args: wantArgs(0, 0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error { return t.prove(cmd, flags) },
	}
	cmd.Flags().StringVar(&flags.key, "key", "", "private key of the certificate, a `FILE` in PEM")
	cmd.Flags().StringVar(&flags.passphraseFile, "passphrase-file", "", "`FILE` with the passphrase of an encrypted key")
	cmd.Flags().StringVar(&flags.cert, "cert", "", "the certificate that was imported, a `FILE` in PEM, DER or PKCS#7")
	cmd.Flags().StringVar(&flags.origin, "origin", "", "`URL` of the portal as its page shows it, without a path: https://portal.example.tw")
	cmd.Flags().StringVar(&flags.nonce, "nonce", "", "the one-time `NONCE` that the page shows, 43 characters")
	return cmd
}

func (t *tool) prove(cmd *cobra.Command, flags proveFlags) error {
	switch {
	case flags.key == "":
		return misuse(cmd, "--key is missing: the certificate's private key, a PEM file")
	case flags.cert == "":
		return misuse(cmd, "--cert is missing: the certificate that was imported")
	}
	if err := challenge.CheckOrigin(flags.origin); err != nil {
		return misuse(cmd, "--origin %q: %w", flags.origin, err)
	}
	if err := challenge.CheckNonce(flags.nonce); err != nil {
		return misuse(cmd, "--nonce: %w; copy it from the page whole", err)
	}
	if err := onceFromStdin(cmd, []string{flags.key, flags.passphraseFile, flags.cert}); err != nil {
		return err
	}
	key, err := t.readSigningKey(flags.key, flags.passphraseFile)
	if err != nil {
		return err
	}
	certs, err := t.readCertificates(flags.cert)
	if err != nil {
		return err
	}
	cert, err := certificateOf(key, certs)
	if err != nil {
		return refuse("prove: %w", err)
	}
	signature, err := signChallenge(key, cert, flags.origin, flags.nonce)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.stderr, text{
		"this shows %s that you hold the key of certificate %s; paste it into the page:\n",
		"以下簽章值可向 %s 證明您持有憑證 %s 的金鑰，請貼回網頁：\n"}.in(t.language), flags.origin, cert.Serial())
	if _, err := fmt.Fprintln(t.stdout, base64.StdEncoding.EncodeToString(signature)); err != nil {
		return fmt.Errorf("write the signature: %w", err)
	}
	return nil
}

// signChallenge signs the sentence of a one-time challenge, and nothing else. What it
// returns the portal accepts.
func signChallenge(key *rsa.PrivateKey, cert *verifier.Certificate, origin, nonce string) ([]byte, error) {
	sentence, err := challenge.Sentence(challenge.Prove, origin, nonce)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(sentence)
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		return nil, fmt.Errorf("sign the challenge: %w", err)
	}
	err = challenge.Verify(cert, challenge.Prove, origin, nonce, signature)
	if errors.Is(err, challenge.ErrKey) {
		return nil, refuse("prove: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("check the signature: %w", err)
	}
	return signature, nil
}
