package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"turnkey-gateway/verifier"
)

// maxDocument bounds what is read of a message, in bytes; the engine's own limit,
// which gives TOO_LARGE as a verdict, is lower.
const maxDocument = 256 << 20

var errNoCert = errors.New("no certificate given to verify against")

const adviceNoCert = `give the sender's registered certificates: --cert broker.cer (repeat it for several; PEM, DER or .p7b)
the certificate inside the message proves nothing by itself: anybody can put one there`

type verifyFlags struct {
	certs   []string
	at      string
	profile string
	json    bool
}

func (t *tool) verifyCommand() *cobra.Command {
	var flags verifyFlags
	cmd := &cobra.Command{
		Use:     "verify --cert FILE [flags] FILE|- ...",
		GroupID: groupFiles,
		Short:   "Is this message signed by one of these certificates?",
		Long: `Judges a message as the gateway would for a sender who registered the given certificates.
以指定的憑證（視為已登錄）驗證報文簽章，判斷方式與閘道相同。

Every certificate of every --cert file counts as registered for signing and in force; its own
validity period is judged at --at (default: now). Issuer and revocation are the registry's
business, not checked here. Nothing is trusted that the message itself carries.

Exit codes: 0 verified, 1 rejected, 2 could not tell; of several files, the worst.
With --json one object a line: verdict, reason, detail, signer{sha256,serial,subject},
message{namespace,root,type,id}, signed_sha256; signer and signed_sha256 are null unless
verified. Of several files, each object begins with file.`,
		Example: `  turnkey verify --cert broker.cer message.xml
  turnkey verify --cert old.cer --cert new.p7b --at 2026-05-30T09:00:00+08:00 message.xml
  turnkey verify --cert broker.cer --json *.xml | jq -r 'select(.verdict!="verified") | .file'
  curl -s https://example.org/message.xml | turnkey verify --cert broker.cer -`,
		Args: wantArgs(1, -1, "FILE (the message, or - for standard input)"),
		RunE: func(cmd *cobra.Command, args []string) error { return t.verify(cmd, flags, args) },
	}
	cmd.Flags().StringArrayVar(&flags.certs, "cert", nil, "registered certificates, a `FILE` in PEM, DER or PKCS#7; may repeat")
	cmd.Flags().StringVar(&flags.at, "at", "", "`MOMENT` to judge at, RFC 3339 such as 2026-05-30T09:00:00+08:00 (default now)")
	cmd.Flags().StringVar(&flags.profile, "profile", "cpt", "signature `PROFILE`: cpt (strict) or interop")
	cmd.Flags().BoolVar(&flags.json, "json", false, "one JSON object for each file")
	return cmd
}

func (t *tool) verify(cmd *cobra.Command, flags verifyFlags, files []string) error {
	if len(flags.certs) == 0 {
		return advise(errNoCert, adviceNoCert)
	}
	at, err := moment(cmd, flags.at)
	if err != nil {
		return err
	}
	if err := onceFromStdin(cmd, append(files, flags.certs...)); err != nil {
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
	worst, several := exitYes, len(files) > 1
	for files := range slices.Chunk(files, filesAtOnce) {
		for _, judged := range t.judgeFiles(engine, files, senderOf(certs), at) {
			if judged.err != nil {
				worst = exitUnknown
				fmt.Fprintf(t.stderr, "turnkey: %v\n", judged.err)
				continue
			}
			if !judged.verdict.Verified() {
				worst = max(worst, exitNo)
			}
			judgement := judgement{file: judged.file, verdict: judged.verdict, at: at, profile: flags.profile, certs: certs}
			if err := t.tell(judgement, flags, several); err != nil {
				return fmt.Errorf("write the verdict: %w", err)
			}
		}
	}
	if worst == exitYes {
		return nil
	}
	return exitStatus(worst)
}

// filesAtOnce is how many are read before any is judged: as many as take less time
// together. Of a long list the first verdicts don't wait for the last.
const filesAtOnce = 8

// A judgedFile is a file's verdict, or why it has none.
type judgedFile struct {
	file    string
	verdict verifier.Verdict
	err     error
}

func (t *tool) judgeFiles(engine *verifier.Engine, files []string, sender verifier.Sender, at time.Time) []judgedFile {
	all := make([]judgedFile, len(files))
	var docs [][]byte
	var of []int // the file of each document
	for i, file := range files {
		doc, err := t.read(file, maxDocument)
		if all[i] = (judgedFile{file: file, err: err}); err == nil {
			docs, of = append(docs, doc), append(of, i)
		}
	}
	var cases []verifier.Case
	for _, m := range engine.ReadAll(docs) {
		cases = append(cases, verifier.Case{Message: m, Sender: sender, At: verifier.Moment{Received: at, Decided: at}})
	}
	for i, v := range verifier.JudgeAll(cases) {
		all[of[i]].verdict = v
	}
	return all
}

func (t *tool) tell(j judgement, flags verifyFlags, several bool) error {
	if flags.json {
		return j.printJSON(t.stdout, several)
	}
	j.print(t.stdout, t.language)
	return nil
}

// registered reads the certificates of all the files, each once.
func (t *tool) registered(files []string) ([]*verifier.Certificate, error) {
	var all []*verifier.Certificate
	seen := make(map[verifier.Fingerprint]bool)
	for _, file := range files {
		certs, err := t.readCertificates(file)
		if err != nil {
			return nil, err
		}
		for _, c := range certs {
			if !seen[c.Fingerprint()] {
				seen[c.Fingerprint()] = true
				all = append(all, c)
			}
		}
	}
	return all, nil
}

// senderOf is a sender who registered exactly these certificates, all in force.
func senderOf(certs []*verifier.Certificate) verifier.Sender {
	sender := verifier.Sender{Party: "command-line"}
	for _, c := range certs {
		sender.Registrations = append(sender.Registrations, verifier.Registration{Certificate: c, State: verifier.InForce})
	}
	return sender
}

func newEngine(cmd *cobra.Command, profile string) (*verifier.Engine, error) {
	p, err := verifier.ProfileNamed(profile)
	if err != nil {
		return nil, misuse(cmd, "--profile %q: %w", profile, err)
	}
	engine, err := verifier.New(verifier.Config{Profile: p})
	if err != nil {
		return nil, fmt.Errorf("prepare the verifier: %w", err)
	}
	return engine, nil
}

// moment parses --at; empty means now.
func moment(cmd *cobra.Command, at string) (time.Time, error) {
	if at == "" {
		return now(), nil
	}
	m, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return time.Time{}, misuse(cmd, "--at %q is not a moment in RFC 3339, such as 2026-05-30T09:00:00+08:00", at)
	}
	return m, nil
}

// onceFromStdin refuses "-" given twice: there is only one standard input.
func onceFromStdin(cmd *cobra.Command, files []string) error {
	n := 0
	for _, f := range files {
		if f == "-" {
			n++
		}
	}
	if n > 1 {
		return misuse(cmd, "- (standard input) is given %d times; it can be read once", n)
	}
	return nil
}
