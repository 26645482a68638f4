package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
)

func (t *tool) operatorCommand() *cobra.Command {
	operator := &cobra.Command{
		Use:     "operator",
		GroupID: groupRegistry,
		Short:   "Say who may log in to the portal's staff pages",
		Long: `Operators are the people who work for whoever runs the portal. They log in to its staff
pages with a card only; the audit log names them as operator:NAME.
管理可登入後台的管理人員；管理人員一律以憑證卡登入。`,
		Example: `  turnkey operator add --name chen.mei chen.cer
  turnkey operator list`,
		RunE: onlySubcommands,
	}
	operator.AddCommand(t.operatorAddCommand(), t.operatorRemoveCommand(), t.operatorListCommand())
	return operator
}

func (t *tool) operatorAddCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "add --name NAME [flags] FILE|-",
		Short: "Let the holder of a card log in as an operator",
		Long: `Lets whoever holds the card of a certificate log in to the staff pages as NAME. FILE is the
card's signing certificate, PEM, DER or PKCS#7. You vouch that the card is that person's.
新增管理人員，之後以該憑證卡登入後台；新增者須確知卡片確為本人所有。

Refused, with words: certificates of authorities, encryption-only ones, weak keys, expired or
revoked ones, kinds that can't be logged in with, and a card that a party logs in with.

Exit codes: 0 added, 1 refused, 2 wrong usage, file or server not readable.`,
		Example: `  turnkey operator add --name chen.mei chen.cer
  turnkey operator add --name chen.mei --issuers-dir /etc/turnkey/issuers chen.cer`,
		Args: wantArgs(1, 1, "FILE (the card's certificate, or - for standard input)"),
	}
	s, by := importSettings(cmd), actorFlag(cmd)
	cmd.Flags().StringVar(&name, "name", "", "what the audit log calls them: a `NAME` of letters, digits, dot, dash, underscore; no e-mail address")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if name == "" {
			return misuse(cmd, "--name is missing")
		}
		if err := registry.OperatorActor(name).Check(); err != nil {
			return misuse(cmd, "--name %q: use 1 to 64 letters, digits, dots, dashes and underscores", name)
		}
		who, err := actor(*by)
		if err != nil {
			return err
		}
		rules, err := t.rules(s)
		if err != nil {
			return err
		}
		login := registry.NewRegistration{Usage: registry.Login, Medium: registry.Card}
		admission, err := t.admit(rules, login, "", args[0])
		if err != nil {
			return err
		}
		r, err := t.openRegistry(cmd.Context(), s)
		if err != nil {
			return err
		}
		defer r.close()
		if err := r.AddOperator(cmd.Context(), who, name, admission.Certificate); err != nil {
			return answered(err)
		}
		// Nothing is to bind the card to a person here but whoever runs this.
		t.sayAdmitted(rules.Policy, admission, registry.Binding{InForce: true}, false)
		if !admission.Known {
			fmt.Fprintln(t.stderr, "turnkey: warning: "+text{
				"no issuer in --issuers-dir issued this certificate: that it is genuine rests on you alone",
				"此憑證並非 --issuers-dir 內的發證單位所簽發：其真偽由您自行負責"}.in(t.language))
		}
		fmt.Fprintf(t.stdout, text{"added: %s logs in with the card of %s\n", "已新增：%s，以卡片 %s 登入\n"}.in(t.language), name, admission.Certificate.Serial())
		return nil
	}
	return cmd
}

func (t *tool) operatorRemoveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "remove NAME",
		Short: "End an operator's right to log in, and their sessions",
		Long: `Ends an operator's right to log in, and every session they have open, at once.
移除管理人員；其登入中的連線立即失效。`,
		Example: `  turnkey operator remove chen.mei`,
		Args:    wantArgs(1, 1, "NAME (turnkey operator list shows them)"),
	}
	s, by := registryFlags(cmd), actorFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		who, err := actor(*by)
		if err != nil {
			return err
		}
		r, err := t.openRegistry(cmd.Context(), s)
		if err != nil {
			return err
		}
		defer r.close()
		if err := r.RemoveOperator(cmd.Context(), who, args[0]); err != nil {
			return answered(err)
		}
		fmt.Fprintf(t.stdout, text{"removed: %s; their sessions have ended\n", "已移除：%s，其連線已全部失效\n"}.in(t.language), args[0])
		return nil
	}
	return cmd
}

func (t *tool) operatorListCommand() *cobra.Command {
	var asJSON bool
	var tz string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the operators and their cards",
		Long: `Lists who may log in to the staff pages, and with which certificate.
列出所有管理人員及其登入憑證。`,
		Example: `  turnkey operator list
  turnkey operator list --json | jq -r .name`,
		Args: wantArgs(0, 0, "no argument"),
	}
	s := databaseFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.Flags().StringVar(&tz, "tz", "Asia/Taipei", "time `ZONE` of the times shown")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		zone, err := zoneNamed(cmd, tz)
		if err != nil {
			return err
		}
		r, err := t.openDatabase(cmd.Context(), s)
		if err != nil {
			return err
		}
		defer r.close()
		operators, err := r.Operators(cmd.Context())
		if err != nil {
			return err
		}
		if asJSON {
			return printOperatorsJSON(t.stdout, operators)
		}
		t.printOperators(operators, zone)
		return nil
	}
	return cmd
}

func (t *tool) printOperators(operators []postgres.Operator, zone *time.Location) {
	tb := newTable(
		text{"NAME", "名稱"}.in(t.language),
		text{"SERIAL", "序號"}.in(t.language),
		text{"CERTIFICATE VALID", "憑證起訖日期"}.in(t.language),
		text{"SINCE", "建立時間"}.in(t.language),
		text{"SUBJECT", "主體"}.in(t.language))
	for _, o := range operators {
		c := o.Certificate
		tb.add(o.Name, c.Serial(), period(c.NotBefore(), c.NotAfter(), zone), o.CreatedAt.In(zone).Format(time.DateTime), c.Subject())
	}
	tb.print(t.stdout)
}

type operatorJSON struct {
	Name      string    `json:"name"`
	SHA256    string    `json:"sha256"`
	Serial    string    `json:"serial"`
	Subject   string    `json:"subject"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	CreatedAt time.Time `json:"created_at"`
}

func printOperatorsJSON(w io.Writer, operators []postgres.Operator) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, o := range operators {
		c := o.Certificate
		err := enc.Encode(operatorJSON{o.Name, c.Fingerprint().String(), c.Serial(), c.Subject(), c.NotBefore().UTC(), c.NotAfter().UTC(), o.CreatedAt.UTC()})
		if err != nil {
			return fmt.Errorf("write the operators: %w", err)
		}
	}
	return nil
}
