package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/explain"
)

type explainFlags struct {
	certs             []string
	at, profile, dump string
	json              bool
}

func (t *tool) explainCommand() *cobra.Command {
	var flags explainFlags
	cmd := &cobra.Command{
		Use:     "explain --cert FILE [--dump DIR] [--json] [flags] FILE|-",
		GroupID: groupFiles,
		Short:   "Show each step of checking a signature, with the bytes it digested",
		Long: `Goes through a signature step by step: what each Reference covers and the bytes that were
digested, the digest found and the one in the message, SignedInfo and what the certificate's
key says of it. For people whose signature fails.
逐步說明驗章過程：每個 Reference 涵蓋的內容、實際計算摘要的位元組、摘要值比對，以及簽章值的檢驗。

Bytes are shown shortened and escaped, so that line ends and blanks can be seen; --dump DIR
writes them whole, to be compared with what the signer digested. Where a digest differs, it
is tried whether another canonicalisation would have made it, and what commonly happens to
files is undone: where blanks were lost, line ends changed or lines indented, it says on
which line and in which element.

Exit codes are those of turnkey verify.`,
		Example: `  turnkey explain --cert broker.cer message.xml
  turnkey explain --cert broker.cer --dump steps message.xml && cmp steps/reference-1.xml mine.xml`,
		Args: wantArgs(1, 1, "FILE (the message, or - for standard input)"),
		RunE: func(cmd *cobra.Command, args []string) error { return t.explain(cmd, flags, args[0]) },
	}
	cmd.Flags().StringArrayVar(&flags.certs, "cert", nil, "registered certificates, a `FILE` in PEM, DER or PKCS#7; may repeat")
	cmd.Flags().StringVar(&flags.at, "at", "", "`MOMENT` to judge at, RFC 3339 (default now)")
	cmd.Flags().StringVar(&flags.profile, "profile", "cpt", "signature `PROFILE`: cpt (strict) or interop")
	cmd.Flags().StringVar(&flags.dump, "dump", "", "`DIR` to write the digested bytes to, whole")
	cmd.Flags().BoolVar(&flags.json, "json", false, "one JSON object: that of turnkey verify, and the steps")
	return cmd
}

func (t *tool) explain(cmd *cobra.Command, flags explainFlags, file string) error {
	if len(flags.certs) == 0 {
		return advise(errNoCert, adviceNoCert)
	}
	at, err := moment(cmd, flags.at)
	if err != nil {
		return err
	}
	if err := onceFromStdin(cmd, append(slices.Clone(flags.certs), file)); err != nil {
		return err
	}
	certs, err := t.registered(flags.certs)
	if err != nil {
		return err
	}
	engine, err := newEngine(cmd, flags.profile)
	if err != nil {
		return err
	}
	doc, err := t.read(file, maxDocument)
	if err != nil {
		return err
	}
	verdict := engine.Read(doc).Judge(senderOf(certs), verifier.Moment{Received: at, Decided: at})
	told := told{explain.Explain(doc, verdict, certs), judgement{file: file, verdict: verdict, at: at, profile: flags.profile, certs: certs}}
	files, err := told.dump(flags.dump)
	if err != nil {
		return err
	}
	if flags.json {
		if err := told.printJSON(t.stdout); err != nil {
			return fmt.Errorf("write the explanation: %w", err)
		}
	} else {
		told.print(t.stdout, t.language, files)
	}
	if !verdict.Verified() {
		return exitStatus(exitNo)
	}
	return nil
}

// told is an explanation with the judgement that it ends with.
type told struct {
	*explain.Explanation
	judgement judgement
}

// explanationJSON is what turnkey verify --json writes, and the explanation. Names and
// types are API.
type explanationJSON struct {
	judgementJSON
	Explanation *explain.Explanation `json:"explanation"`
}

func (t told) printJSON(w io.Writer) error {
	return writeJSON(w, explanationJSON{t.judgement.json(false), t.Explanation})
}

// print writes the explanation step by step, the judgement being the last. Files are those
// that excerpts were written to.
func (t told) print(w io.Writer, l language, files map[*explain.Excerpt]string) {
	line := func(label text, value string) {
		fmt.Fprintf(w, "   %s %s\n", cells.FillRight(label.in(l), 14), value)
	}
	for i, step := range t.Steps {
		fmt.Fprintf(w, "%d. %s\n", i+1, step.Title.In(l))
		for _, found := range step.Lines {
			value := found.Value.In(l)
			if x := found.Excerpt; x != nil {
				value += ": " + preview(x)
			}
			line(text(found.Label), value)
			if path, written := files[found.Excerpt]; written {
				line(text{"written to", "寫入"}, path)
			}
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%d. %s\n", len(t.Steps)+1, text{"The verdict", "結論"}.in(l))
	t.judgement.print(w, l)
}

func preview(x *explain.Excerpt) string {
	if x.Tail == "" {
		return `"` + x.Head + `"`
	}
	return `"` + x.Head + `" ... "` + x.Tail + `"`
}

// dump writes the bytes of all excerpts into a directory, whole; none where it has no name.
func (t told) dump(dir string) (map[*explain.Excerpt]string, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the directory for bytes: %w", err)
	}
	files := make(map[*explain.Excerpt]string)
	for _, step := range t.Steps {
		for _, found := range step.Lines {
			if x := found.Excerpt; x != nil {
				files[x] = filepath.Join(dir, x.Name)
				if err := writeExcerpt(files[x], x); err != nil {
					return nil, fmt.Errorf("write the bytes: %w", err)
				}
			}
		}
	}
	return files, nil
}

func writeExcerpt(path string, x *explain.Excerpt) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = x.WriteTo(f)
	return err
}
