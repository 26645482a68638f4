package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"turnkey-gateway/verifier/c14n"
)

type canonicalizeFlags struct {
	method, prefixList         string
	comments, withoutSignature bool
}

func (t *tool) canonicalizeCommand() *cobra.Command {
	var flags canonicalizeFlags
	cmd := &cobra.Command{
		Use:     "canonicalize [--method c14n10|c14n11|exc] [flags] FILE|-",
		GroupID: groupFiles,
		Short:   "Write the canonical bytes of a message",
		Long: `Writes the canonical form of a document to standard output, and nothing else: the bytes that
a digest is taken over.
輸出文件的正規化（C14N）位元組，可用以比對摘要值。

With --without-signature the Signature element is left out, as the enveloped-signature
transform does it; the white space on both sides of it stays.

Exit codes: 0 written, 1 the document has no canonical form, 2 wrong usage or I/O.`,
		Example: `  turnkey canonicalize --without-signature message.xml | openssl dgst -sha256 -binary | base64
  turnkey canonicalize --method exc --prefix-list "ds twds" - < message.xml > canonical.xml
  cmp <(turnkey canonicalize ours.xml) <(turnkey canonicalize theirs.xml)`,
		Args: wantArgs(1, 1, "FILE (the document, or - for standard input)"),
		RunE: func(cmd *cobra.Command, args []string) error { return t.canonicalize(cmd, flags, args[0]) },
	}
	cmd.Flags().StringVar(&flags.method, "method", "c14n10", "`METHOD`: c14n10 (inclusive 1.0), c14n11 (inclusive 1.1) or exc (exclusive 1.0)")
	cmd.Flags().BoolVar(&flags.comments, "comments", false, "keep comments")
	cmd.Flags().StringVar(&flags.prefixList, "prefix-list", "", "with exc: `PREFIXES` to treat as inclusive methods do, separated by blanks; #default is the default namespace")
	cmd.Flags().BoolVar(&flags.withoutSignature, "without-signature", false, "leave the Signature element out")
	return cmd
}

func (t *tool) canonicalize(cmd *cobra.Command, flags canonicalizeFlags, file string) error {
	method, ok := c14n.Named(flags.method)
	if !ok {
		return misuse(cmd, "--method %q: use c14n10, c14n11 or exc", flags.method)
	}
	if flags.prefixList != "" && method != c14n.Exclusive {
		return misuse(cmd, "--prefix-list belongs to --method exc")
	}
	doc, err := t.read(file, maxDocument)
	if err != nil {
		return err
	}
	canonical := c14n.Canonicalize
	if flags.withoutSignature {
		canonical = c14n.CanonicalizeUnsigned
	}
	// Whole before the first byte is written: half a canonical form would look like one.
	out, err := canonical(doc, c14n.Options{Method: method, Comments: flags.comments, PrefixList: strings.Fields(flags.prefixList)})
	if err != nil {
		return refuse("canonicalize %s: %w", display(file), err)
	}
	if _, err := t.stdout.Write(out); err != nil {
		return fmt.Errorf("write the canonical form: %w", err)
	}
	return nil
}
