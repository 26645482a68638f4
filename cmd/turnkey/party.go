package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

func (t *tool) partyCommand() *cobra.Command {
	party := &cobra.Command{
		Use:     "party",
		GroupID: groupRegistry,
		Short:   "Make a party, or let one go by another identifier",
		Long: `A party is who sends messages: it goes by an account and by other identifiers.
用戶（報文傳送者）及其帳號、統一編號、箱號等識別碼。`,
		Example: `  turnkey party create --kind company --box 123 97162640
  turnkey party add --party 97162640 --box 456`,
		RunE: onlySubcommands,
	}
	party.AddCommand(t.partyCreateCommand(), t.partyAddCommand())
	return party
}

// identifierFlags are the identifiers a command is given beside the account.
type identifierFlags struct {
	businessIDs, boxes, specialists []string
	nationalID                      bool
	nationalIDFile                  string
}

func (f *identifierFlags) declare(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.businessIDs, "business-id", nil, "統一編號, 8 `DIGITS`")
	cmd.Flags().StringArrayVar(&f.boxes, "box", nil, "箱號, a `BOX` of 3 letters or digits; may repeat")
	cmd.Flags().StringArrayVar(&f.specialists, "specialist", nil, "報關專責人員代碼, a `CODE` such as A00001; may repeat")
	cmd.Flags().BoolVar(&f.nationalID, "national-id", false, "ask for a 身分證字號 or 居留證號碼 on the terminal")
	cmd.Flags().StringVar(&f.nationalIDFile, "national-id-file", "", "`FILE` with a 身分證字號 or 居留證號碼, - for standard input")
}

// identifiers returns what the flags say, each checked: its digits too.
func (t *tool) identifiers(f identifierFlags) ([]registry.Identifier, error) {
	var all []registry.Identifier
	add := func(kind verifier.IdentifierKind, values []string) {
		for _, v := range values {
			all = append(all, registry.Identifier{Kind: kind, Value: v})
		}
	}
	add(verifier.BusinessID, f.businessIDs)
	add(verifier.BrokerBox, f.boxes)
	add(verifier.Specialist, f.specialists)
	if f.nationalID || f.nationalIDFile != "" {
		id, err := t.secretLine(f.nationalIDFile, "national id")
		if err != nil {
			return nil, err
		}
		add(verifier.NationalID, []string{id})
	}
	for _, id := range all {
		if err := registry.CheckIdentifier(id.Kind, id.Value); err != nil {
			return nil, refuse("%s: %w", identifierLabels[id.Kind].in(t.language), err)
		}
	}
	return all, nil
}

// canStore refuses a national id where no key to seal it is at hand.
func (t *tool) canStore(s *settings, identifiers []registry.Identifier) error {
	isNational := func(id registry.Identifier) bool { return id.Kind == verifier.NationalID }
	if slices.ContainsFunc(identifiers, isNational) && s.reader(t.getenv).String("IDENTITY_KEY_FILE", "", "") == "" {
		return advise(errors.New("a national id can't be stored without identity.key"), "name its file: --identity-key-file FILE, or TURNKEY_IDENTITY_KEY_FILE")
	}
	return nil
}

func (t *tool) partyCreateCommand() *cobra.Command {
	var ids identifierFlags
	var kind string
	cmd := &cobra.Command{
		Use:   "create [--kind company|person] [flags] ACCOUNT",
		Short: "Make a party with an account and other identifiers",
		Long: `Makes a party. ACCOUNT is what it sends messages as: the 統一編號 of a company, the e-mail
address of a person. No two parties share an identifier.
建立用戶。企業帳號為統一編號，個人帳號為電子郵件。

With --kind company the account is registered as the 統一編號 too; with --kind person a
national id is asked for. A national id is never an argument: it is typed unseen, or
stands in a file. It is stored encrypted (identity.key) and shown masked.`,
		Example: `  turnkey party create --kind company --box 123 97162640
  turnkey party create --kind person --specialist A00001 mei@example.org
  turnkey party create --national-id-file - mei@example.org < id.txt`,
		Args: wantArgs(1, 1, "ACCOUNT"),
	}
	s, by := registryFlags(cmd), actorFlag(cmd)
	ids.declare(cmd)
	cmd.Flags().StringVar(&kind, "kind", "", "`KIND`: company or person")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		account := args[0]
		if err := checkNoNationalID(args...); err != nil {
			return err
		}
		switch kind {
		case "":
		case "company":
			if len(ids.businessIDs) == 0 {
				ids.businessIDs = []string{account}
			}
		case "person":
			ids.nationalID = true
		default:
			return misuse(cmd, "--kind %q: use company or person", kind)
		}
		if err := registry.CheckIdentifier(verifier.Account, account); err != nil {
			return refuse("account: %w", err)
		}
		others, err := t.identifiers(ids)
		if err != nil {
			return err
		}
		who, err := actor(*by)
		if err != nil {
			return err
		}
		r, err := t.openRegistry(cmd.Context(), s)
		if err != nil {
			return err
		}
		defer r.close()
		if err := t.canStore(s, others); err != nil {
			return err
		}
		party, version, err := r.CreateParty(cmd.Context(), who, append([]registry.Identifier{{Kind: verifier.Account, Value: account}}, others...)...)
		if err != nil {
			return answered(err)
		}
		fmt.Fprintf(t.stdout, "made party %s for account %s (registry version %d)\n", party, account, version)
		fmt.Fprintf(t.stdout, "next: turnkey import --party %s --usage-type TYPE CERTIFICATE\n", account)
		return nil
	}
	return cmd
}

func (t *tool) partyAddCommand() *cobra.Command {
	var ids identifierFlags
	var party string
	var accounts []string
	cmd := &cobra.Command{
		Use:   "add --party WHO [flags]",
		Short: "Let a party go by more identifiers",
		Long: `Adds identifiers to a party. None can be taken away again.
為用戶新增識別碼。`,
		Example: `  turnkey party add --party 97162640 --box 456`,
		Args:    wantArgs(0, 0, "no argument; see --party"),
	}
	s, by := registryFlags(cmd), actorFlag(cmd)
	ids.declare(cmd)
	cmd.Flags().StringVar(&party, "party", "", "whose: `WHO` is an identifier it has, or P-...")
	cmd.Flags().StringArrayVar(&accounts, "account", nil, "another `ACCOUNT`; may repeat")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if party == "" {
			return misuse(cmd, "--party is missing")
		}
		if err := checkNoNationalID(append(accounts, party)...); err != nil {
			return err
		}
		more, err := t.identifiers(ids)
		if err != nil {
			return err
		}
		for _, a := range accounts {
			more = append(more, registry.Identifier{Kind: verifier.Account, Value: a})
		}
		if len(more) == 0 {
			return misuse(cmd, "no identifier to add is given")
		}
		who, err := actor(*by)
		if err != nil {
			return err
		}
		r, err := t.openRegistry(cmd.Context(), s)
		if err != nil {
			return err
		}
		defer r.close()
		id, err := r.party(cmd.Context(), party)
		if err != nil {
			return err
		}
		if err := t.canStore(s, more); err != nil {
			return err
		}
		for _, identifier := range more {
			version, err := r.AddIdentifier(cmd.Context(), who, id, identifier)
			if err != nil {
				return answered(err)
			}
			fmt.Fprintf(t.stdout, "party %s goes by one more %s (registry version %d)\n", id, identifierLabels[identifier.Kind].English, version)
		}
		return nil
	}
	return cmd
}
