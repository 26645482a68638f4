package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// pageSize is how many parties are read at once.
const pageSize = 500

func (t *tool) partiesCommand() *cobra.Command {
	var asJSON bool
	var tz string
	cmd := &cobra.Command{
		Use:     "parties",
		GroupID: groupRegistry,
		Short:   "List the parties and what they go by",
		Long: `Lists every party with its identifiers. National ids are shown masked, and only where
identity.key is at hand.
列出所有用戶及其識別碼；身分證字號一律遮罩。`,
		Example: `  turnkey parties
  turnkey parties --json | jq -r .party`,
		Args: wantArgs(0, 0, "no argument"),
	}
	s := registryFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.Flags().StringVar(&tz, "tz", "Asia/Taipei", "time `ZONE` of the times shown")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		zone, err := zoneNamed(cmd, tz)
		if err != nil {
			return err
		}
		r, err := t.openRegistry(cmd.Context(), s)
		if err != nil {
			return err
		}
		defer r.close()
		parties, err := r.allParties(cmd.Context())
		if err != nil {
			return err
		}
		if asJSON {
			return printPartiesJSON(t.stdout, parties)
		}
		t.printParties(parties, zone)
		return nil
	}
	return cmd
}

func (r *registryRoom) allParties(ctx context.Context) ([]registry.Party, error) {
	var all []registry.Party
	var last verifier.PartyID
	for {
		page, err := r.Parties(ctx, last, pageSize)
		if err != nil || len(page) == 0 {
			return all, err
		}
		all = append(all, page...)
		last = page[len(page)-1].ID
	}
}

func (t *tool) printParties(parties []registry.Party, zone *time.Location) {
	tb := newTable(
		text{"PARTY", "用戶"}.in(t.language),
		text{"ACCOUNT", "帳號"}.in(t.language),
		text{"ALSO GOES BY", "其他識別碼"}.in(t.language),
		text{"SINCE", "建立時間"}.in(t.language))
	for _, p := range parties {
		var accounts, others []string
		for _, id := range p.Identifiers {
			if id.Kind == verifier.Account {
				accounts = append(accounts, id.Shown)
			} else {
				others = append(others, identifierLabels[id.Kind].in(t.language)+" "+id.Shown)
			}
		}
		tb.add(string(p.ID), strings.Join(accounts, ", "), strings.Join(others, ", "), p.CreatedAt.In(zone).Format(time.DateTime))
	}
	tb.print(t.stdout)
}

type identifierJSON struct {
	Kind  string `json:"kind"`
	Value string `json:"value"` // masked where it is a national id
}

type partyJSON struct {
	Party       string           `json:"party"`
	Identifiers []identifierJSON `json:"identifiers"`
	CreatedAt   time.Time        `json:"created_at"`
}

func printPartiesJSON(w io.Writer, parties []registry.Party) error {
	enc := json.NewEncoder(w)
	for _, p := range parties {
		out := partyJSON{Party: string(p.ID), Identifiers: []identifierJSON{}, CreatedAt: p.CreatedAt.UTC()}
		for _, id := range p.Identifiers {
			out.Identifiers = append(out.Identifiers, identifierJSON{string(id.Kind), id.Shown})
		}
		if err := enc.Encode(out); err != nil {
			return fmt.Errorf("write the parties: %w", err)
		}
	}
	return nil
}

func (t *tool) certsCommand() *cobra.Command {
	var flags struct {
		party, nationalIDFile, tz string
		expiring                  int
		json                      bool
	}
	cmd := &cobra.Command{
		Use:     "certs (--party WHO | --national-id-file FILE|- | --expiring DAYS)",
		GroupID: groupRegistry,
		Short:   "List certificates: a party's, or those about to expire (通關憑證查詢)",
		Long: `Lists the registered certificates of a party, in every state, or, of all parties, those
in force that expire within some days.
查詢用戶的全部憑證（含已過期、已停用、已廢止），或即將到期的憑證。

WHO is an account, a 統一編號, a 箱號, a 報關專責人員代碼 (such as A00001) or a party's
registry name (P-...). A national id is given in a file only.`,
		Example: `  turnkey certs --party 97162640
  turnkey certs --party A00001 --json | jq -r 'select(.state=="in_force") | .sha256'
  turnkey certs --expiring 60`,
		Args: wantArgs(0, 0, "no argument; see --party"),
	}
	s := registryFlags(cmd)
	cmd.Flags().StringVar(&flags.party, "party", "", "whose: `WHO` is an account, 統一編號, 箱號, 專責人員代碼, or P-...")
	cmd.Flags().StringVar(&flags.party, "identifier", "", "`WHO`, the same as --party")
	cmd.Flags().StringVar(&flags.nationalIDFile, "national-id-file", "", "whose: `FILE` with a national id, - for standard input")
	cmd.Flags().IntVar(&flags.expiring, "expiring", 0, "all in force that expire within so many `DAYS`")
	cmd.Flags().BoolVar(&flags.json, "json", false, "one JSON object a line")
	cmd.Flags().StringVar(&flags.tz, "tz", "Asia/Taipei", "time `ZONE` of the times shown")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		zone, err := zoneNamed(cmd, flags.tz)
		if err != nil {
			return err
		}
		if err := exactlyOne(cmd, "party", "identifier", "national-id-file", "expiring"); err != nil {
			return err
		}
		if err := checkNoNationalID(flags.party); err != nil {
			return err
		}
		who := flags.party
		if flags.nationalIDFile != "" {
			if who, err = t.secretLine(flags.nationalIDFile, "national id"); err != nil {
				return err
			}
		}
		r, err := t.openRegistry(cmd.Context(), s)
		if err != nil {
			return err
		}
		defer r.close()
		var found []registry.Registration
		if flags.expiring > 0 {
			found, err = r.ExpiringBefore(cmd.Context(), time.Now().AddDate(0, 0, flags.expiring))
		} else if _, err = r.known(cmd.Context(), who, flags.nationalIDFile != ""); err == nil {
			found, err = r.Registrations(cmd.Context(), who)
		}
		if err != nil {
			return err
		}
		if flags.json {
			return printRegistrationsJSON(t.stdout, found)
		}
		return t.printRegistrations(found, zone)
	}
	return cmd
}

// exactlyOne refuses a command unless one of the flags is given, and no more.
func exactlyOne(cmd *cobra.Command, flags ...string) error {
	var given []string
	for _, f := range flags {
		if cmd.Flags().Changed(f) {
			given = append(given, "--"+f)
		}
	}
	switch len(given) {
	case 1:
		return nil
	case 0:
		return misuse(cmd, "one of --%s is missing", strings.Join(flags, ", --"))
	default:
		return misuse(cmd, "%s are given: give one of them", strings.Join(given, " and "))
	}
}

// known refuses who nobody goes by, without repeating a secret one.
func (r *registryRoom) known(ctx context.Context, who string, secret bool) ([]verifier.PartyID, error) {
	found, err := r.FindParties(ctx, who)
	if err == nil && len(found) == 0 {
		if secret {
			who = "that national id"
		}
		return nil, advise(refuse("no party goes by %s", who), "list them: turnkey parties")
	}
	return found, err
}

func (t *tool) printRegistrations(found []registry.Registration, zone *time.Location) error {
	if len(found) == 0 {
		fmt.Fprintln(t.stderr, text{"no certificates", "沒有憑證"}.in(t.language))
		return nil
	}
	policy, err := registry.DefaultPolicy()
	if err != nil {
		return err
	}
	labels, at := labelsOf(policy), time.Now()
	tb := newTable(
		text{"PARTY", "用戶"}.in(t.language),
		text{"SERIAL", "序號"}.in(t.language),
		text{"STATE", "狀態"}.in(t.language),
		text{"USAGE", "用途"}.in(t.language),
		text{"MAIN", "主憑證"}.in(t.language),
		text{"MEDIUM", "憑證型態"}.in(t.language),
		text{"KIND", "憑證種類"}.in(t.language),
		text{"USED BY", "使用類型"}.in(t.language),
		text{"IN FORCE", "生效期間"}.in(t.language),
		text{"CERTIFICATE VALID", "憑證起訖日期"}.in(t.language),
		text{"SUBJECT", "主體"}.in(t.language))
	for _, r := range found {
		main := ""
		if r.Main {
			main = "*"
		}
		c := r.Certificate
		tb.add(string(r.Party), c.Serial(), stateLabel(r, at).in(t.language), usageLabels[r.Usage].in(t.language), main,
			mediumLabels[r.Medium].in(t.language), labels.kinds[r.Kind].in(t.language), labels.types[r.UsageType].in(t.language),
			period(r.From, r.Until, zone), period(c.NotBefore(), c.NotAfter(), zone), c.Subject())
	}
	tb.print(t.stdout)
	return nil
}

// period writes from ~ until by day, as the portal does; an open end stays empty.
func period(from, until time.Time, zone *time.Location) string {
	const day = "2006/01/02"
	if until.IsZero() {
		return from.In(zone).Format(day) + "~"
	}
	return from.In(zone).Format(day) + "~" + until.In(zone).Format(day)
}

type registrationJSON struct {
	Party        string     `json:"party"`
	SHA256       string     `json:"sha256"`
	Serial       string     `json:"serial"`
	Subject      string     `json:"subject"`
	Issuer       string     `json:"issuer"`
	Usage        string     `json:"usage"`
	UsageType    string     `json:"usage_type,omitempty"`
	Kind         string     `json:"kind"`
	Medium       string     `json:"medium"`
	Main         bool       `json:"main"`
	State        string     `json:"state"` // as stored; an expired certificate stays in_force here
	NotBefore    time.Time  `json:"not_before"`
	NotAfter     time.Time  `json:"not_after"`
	From         time.Time  `json:"from"`
	Until        *time.Time `json:"until"` // null: open
	RegisteredAt time.Time  `json:"registered_at"`
	EndedAt      *time.Time `json:"ended_at"` // null: neither withdrawn nor revoked
}

func printRegistrationsJSON(w io.Writer, found []registry.Registration) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, r := range found {
		c := r.Certificate
		err := enc.Encode(registrationJSON{
			Party: string(r.Party), SHA256: c.Fingerprint().String(), Serial: c.Serial(), Subject: c.Subject(), Issuer: c.Issuer(),
			Usage: string(r.Usage), UsageType: string(r.UsageType), Kind: string(r.Kind), Medium: string(r.Medium),
			Main: r.Main, State: string(r.State), NotBefore: c.NotBefore().UTC(), NotAfter: c.NotAfter().UTC(),
			From: r.From.UTC(), Until: utcOrNil(r.Until), RegisteredAt: r.RegisteredAt.UTC(), EndedAt: utcOrNil(r.EndedAt),
		})
		if err != nil {
			return fmt.Errorf("write the certificates: %w", err)
		}
	}
	return nil
}

func utcOrNil(m time.Time) *time.Time {
	if m.IsZero() {
		return nil
	}
	m = m.UTC()
	return &m
}

func zoneNamed(cmd *cobra.Command, name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, misuse(cmd, "--tz %q is no time zone: use a name such as Asia/Taipei or UTC", name)
	}
	return zone, nil
}
