package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"turnkey-gateway/registry"
)

func (t *tool) auditCommand() *cobra.Command {
	audit := &cobra.Command{
		Use:     "audit",
		GroupID: groupRegistry,
		Short:   "Read the audit log, and check that nobody altered it",
		Long: `Whatever is done to the registry, and through the portal, is in the audit log. Each entry
holds the hash of the one before, so that none can be altered or removed unseen.
查閱稽核紀錄，並驗證紀錄未遭竄改。`,
		Example: `  turnkey audit list --party 97162640
  turnkey audit verify --known heads.txt --append`,
		RunE: onlySubcommands,
	}
	audit.AddCommand(t.auditVerifyCommand(), t.auditListCommand())
	return audit
}

func (t *tool) auditVerifyCommand() *cobra.Command {
	var known string
	var appendHead bool
	cmd := &cobra.Command{
		Use:   "verify [--known FILE [--append]]",
		Short: "Follow the chain of the audit log, and say whether it holds",
		Long: `Computes the hash of every entry anew and follows the chain from its first link. It names
the first link that doesn't hold, and why.
重新計算每筆稽核紀錄的雜湊值並逐筆核對；如遭竄改，指出第一筆不符的紀錄及原因。

Whoever owns the database could write the whole chain anew, but not what was noted elsewhere:
the last line on standard output is the head, NUMBER HASH. Keep it on another machine, in a
file of such lines, and give that file as --known the next time (# begins a comment). With
--append the head is added to it, if the chain holds.

Exit codes: 0 the chain holds, 1 it is broken, 2 could not tell.`,
		Example: `  turnkey audit verify
  turnkey audit verify --known /mnt/worm/heads.txt --append
  ssh audit.example.tw cat heads.txt | turnkey audit verify --known -`,
		Args: wantArgs(0, 0, "no argument"),
	}
	s := databaseFlag(cmd)
	cmd.Flags().StringVar(&known, "known", "", "`FILE` of lines NUMBER HASH that were noted before, - for standard input")
	cmd.Flags().BoolVar(&appendHead, "append", false, "add the head to the file of --known, which may not be there yet")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if appendHead && (known == "" || known == "-") {
			return misuse(cmd, "--append needs a file to append to: --known FILE")
		}
		heads, err := t.readHeads(known, appendHead)
		if err != nil {
			return err
		}
		r, err := t.openDatabase(cmd.Context(), s)
		if err != nil {
			return err
		}
		defer r.close()
		report, err := r.VerifyAudit(cmd.Context(), heads)
		if err != nil {
			return err
		}
		return t.sayVerified(report, len(heads), known, appendHead)
	}
	return cmd
}

func (t *tool) sayVerified(report registry.AuditReport, heads int, known string, appendHead bool) error {
	if report.Broken != 0 {
		fmt.Fprintf(t.stdout, text{"BROKEN at entry %d: %s\n", "第 %d 筆紀錄不符：%s\n"}.in(t.language), report.Broken, report.Why)
		fmt.Fprintf(t.stdout, text{"the %d entries before it hold\n", "在此之前的 %d 筆紀錄均相符\n"}.in(t.language), report.Entries)
		return exitStatus(exitNo)
	}
	head := fmt.Sprintf("%d %x", report.Entries, report.Head)
	fmt.Fprintf(t.stdout, text{"the chain holds: %d entries, %d heads noted before\n", "稽核紀錄完整：共 %d 筆，並與先前記下的 %d 筆相符\n"}.in(t.language), report.Entries, heads)
	if appendHead {
		if err := appendLine(known, head); err != nil {
			return fmt.Errorf("note the head: %w", err)
		}
	}
	fmt.Fprintln(t.stdout, head)
	if !appendHead {
		fmt.Fprintln(t.stderr, text{"keep that last line on another machine, and give it as --known the next time",
			"請將最後一行存放於其他主機，下次以 --known 核對"}.in(t.language))
	}
	return nil
}

func (t *tool) auditListCommand() *cobra.Command {
	var party, tz string
	var limit int
	var before int64
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [--party WHO] [--limit N] [--before NUMBER]",
		Short: "List entries of the audit log, the latest first",
		Long: `Lists who did what to whom, the latest first. The log holds no personal data: parties go by
their registry names, certificates by the beginning of their SHA-256.
列出稽核紀錄，最新者在前；內容不含個人資料。`,
		Example: `  turnkey audit list
  turnkey audit list --party 97162640 --limit 20
  turnkey audit list --json | jq -r 'select(.action=="login_refused") | .at'`,
		Args: wantArgs(0, 0, "no argument; see --party"),
	}
	s := registryFlags(cmd)
	cmd.Flags().StringVar(&party, "party", "", "whose: `WHO` is an account, 統一編號, 箱號, 專責人員代碼, or P-... (default: everything)")
	cmd.Flags().IntVar(&limit, "limit", 100, "at most so `MANY` entries")
	cmd.Flags().Int64Var(&before, "before", 0, "entries before that `NUMBER`, to page through them")
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.Flags().StringVar(&tz, "tz", "Asia/Taipei", "time `ZONE` of the times shown")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		zone, err := zoneNamed(cmd, tz)
		if err != nil {
			return err
		}
		if limit < 1 || before < 0 {
			return misuse(cmd, "--limit is at least 1, and --before not negative")
		}
		if err := checkNoNationalID(party); err != nil {
			return err
		}
		r, err := t.openRegistry(cmd.Context(), s)
		if err != nil {
			return err
		}
		defer r.close()
		query := registry.AuditQuery{Before: before, Limit: limit}
		if party != "" {
			if query.Party, err = r.party(cmd.Context(), party); err != nil {
				return err
			}
		}
		entries, err := r.AuditEntries(cmd.Context(), query)
		if err != nil {
			return err
		}
		if asJSON {
			return printAuditJSON(t.stdout, entries)
		}
		t.printAudit(entries, zone)
		return nil
	}
	return cmd
}

func (t *tool) printAudit(entries []registry.AuditEntry, zone *time.Location) {
	tb := newTable(
		text{"NUMBER", "編號"}.in(t.language),
		text{"TIME", "時間"}.in(t.language),
		text{"ACTOR", "操作者"}.in(t.language),
		text{"ACTION", "動作"}.in(t.language),
		text{"PARTY", "用戶"}.in(t.language),
		text{"CERTIFICATE", "憑證"}.in(t.language),
		text{"VERSION", "版本"}.in(t.language),
		text{"DETAIL", "說明"}.in(t.language))
	for _, e := range entries {
		certificate, version := "", ""
		if e.Certificate != nil {
			certificate = e.Certificate.String()[:16]
		}
		if e.Version != nil {
			version = strconv.FormatUint(uint64(*e.Version), 10)
		}
		tb.add(strconv.FormatInt(e.ID, 10), e.At.In(zone).Format(time.DateTime), string(e.Actor), string(e.Action),
			string(e.Party), certificate, version, e.Detail)
	}
	tb.print(t.stdout)
}

type auditJSON struct {
	Number      int64             `json:"number"`
	At          time.Time         `json:"at"`
	Actor       string            `json:"actor"`
	Action      string            `json:"action"`
	Party       string            `json:"party,omitempty"`
	Certificate string            `json:"certificate,omitempty"` // SHA-256
	Version     *registry.Version `json:"version"`               // null: the registry didn't change
	Detail      string            `json:"detail,omitempty"`
	Previous    string            `json:"previous"`
	Hash        string            `json:"hash"`
}

func printAuditJSON(w io.Writer, entries []registry.AuditEntry) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, e := range entries {
		out := auditJSON{
			Number: e.ID, At: e.At.UTC(), Actor: string(e.Actor), Action: string(e.Action), Party: string(e.Party),
			Version: e.Version, Detail: e.Detail, Previous: fmt.Sprintf("%x", e.Previous), Hash: fmt.Sprintf("%x", e.Hash),
		}
		if e.Certificate != nil {
			out.Certificate = e.Certificate.String()
		}
		if err := enc.Encode(out); err != nil {
			return fmt.Errorf("write the audit log: %w", err)
		}
	}
	return nil
}
