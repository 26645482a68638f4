package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
)

// importFlags say what a certificate is registered for.
type importFlags struct {
	party, usage, usageType, kind, medium string
	from, until                           string
	vouch, dryRun                         bool

	// old is the certificate that the new one replaces, as a person names it; empty in
	// an import.
	old string
}

func (f *importFlags) declare(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.party, "party", "", "whose: `WHO` is an account, 統一編號, 箱號, 專責人員代碼, or P-...")
	cmd.Flags().StringVar(&f.usage, "usage", string(registry.Signing), "`USAGE`: signing or login")
	cmd.Flags().StringVar(&f.usageType, "usage-type", "", "憑證使用類型, `TYPE` of a signing one: specialist, trader, carrier, warehouse, broker, island_shop, dutyfree_shop, airline")
	cmd.Flags().StringVar(&f.kind, "kind", "", "憑證種類, `KIND` you expect: moica, moeaca or customs; another one is refused (default: whatever it is)")
	cmd.Flags().StringVar(&f.medium, "medium", string(registry.File), "`MEDIUM` where its private key is kept: file or card")
	cmd.Flags().BoolVar(&f.vouch, "vouch", false, "put it in force though nothing in it binds it to the party: you vouch that its key is the party's")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "check everything, change nothing")
}

// importSettings adds where the issuers stand whose word binds a certificate to its holder.
func importSettings(cmd *cobra.Command) *settings {
	s := registryFlags(cmd)
	s.flag(cmd.Flags(), "ISSUERS_DIR", "`DIR` with moica, moeaca and customs, each with certificates of issuers to believe")
	return s
}

func (t *tool) importCommand() *cobra.Command {
	var flags importFlags
	cmd := &cobra.Command{
		Use:     "import --party WHO --usage-type TYPE [flags] FILE|-",
		GroupID: groupRegistry,
		Short:   "Register a certificate for a party (通關憑證註冊)",
		Long: `Registers a certificate, so that messages which the party signs with it are verified.
為用戶登錄簽章憑證（通關憑證註冊）。

FILE is PEM, DER or PKCS#7 (.p7b); of several certificates, the one that can sign is taken.
Refused, with words: certificates of authorities, encryption-only ones, weak keys, expired
ones, and kinds that the usage type does not allow.

A certificate that an issuer in --issuers-dir issued, and that names the party's 統一編號, is in
force at once. Any other one is pending, and does not count, until it is confirmed: by
turnkey confirm, or at once with --vouch.

Exit codes: 0 registered, 1 refused, 2 wrong usage, file or server not readable.`,
		Example: `  turnkey import --party 97162640 --usage-type broker --kind customs TFD0372.cer
  turnkey import --party 97162640 --usage-type broker --dry-run chain.p7b
  turnkey import --party 97162640 --usage-type broker --from 2026-12-01 --until 2027-06-30 next.cer`,
		Args: wantArgs(1, 1, "FILE (the certificate, or - for standard input)"),
	}
	s, by := importSettings(cmd), actorFlag(cmd)
	flags.declare(cmd)
	cmd.Flags().StringVar(&flags.from, "from", "", "from when it counts: a `DATE`, or a moment in RFC 3339 (default now)")
	cmd.Flags().StringVar(&flags.until, "until", "", "until when it counts, a `DATE` (default: as long as the certificate is valid)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return t.admitted(cmd, s, *by, flags, args[0], func(r *registryRoom, who registry.Actor, reg registry.NewRegistration, _ registry.Registration) error {
			main, version, err := r.Register(cmd.Context(), who, reg)
			if err != nil {
				return answered(err)
			}
			t.sayRegistered(reg, main, version)
			return nil
		})
	}
	return cmd
}

// sayRegistered uses the portal's words where there are such.
func (t *tool) sayRegistered(reg registry.NewRegistration, main bool, version registry.Version) {
	c := reg.Certificate
	switch {
	case reg.Pending:
		fmt.Fprintf(t.stdout, "registered, pending 待確認: %s of party %s (registry version %d); it does not count yet\n", c.Serial(), reg.Party, version)
		fmt.Fprintf(t.stdout, "next: turnkey confirm --party %s %s\n", reg.Party, c.Serial())
	case main:
		fmt.Fprintf(t.stdout, "主憑證匯入成功: registered as the main certificate: %s of party %s (registry version %d)\n", c.Serial(), reg.Party, version)
	default:
		fmt.Fprintf(t.stdout, "憑證匯入成功: registered: %s of party %s (registry version %d)\n", c.Serial(), reg.Party, version)
	}
}

func (t *tool) replaceCommand() *cobra.Command {
	var flags importFlags
	var overlap string
	cmd := &cobra.Command{
		Use:     "replace --party WHO --old CERT [--overlap-until DATE] [flags] FILE|-",
		GroupID: groupRegistry,
		Short:   "Let a new certificate take over from an old one (憑證更換)",
		Long: `Registers a new certificate and ends the old one, in one step. With --overlap-until both
count until that date. The new one takes the old one's place as the main certificate, and
its usage type unless --usage-type says another.
以新憑證更換舊憑證；可設定新舊憑證並存的期限。

The new certificate must be one that is in force at once: see turnkey import --help.`,
		Example: `  turnkey replace --party 97162640 --old 4ECFCBA3 --overlap-until 2026-12-31 new.cer`,
		Args:    wantArgs(1, 1, "FILE (the new certificate, or - for standard input)"),
	}
	s, by := importSettings(cmd), actorFlag(cmd)
	flags.declare(cmd)
	cmd.Flags().StringVar(&flags.old, "old", "", "the `CERT` to be replaced: its file, serial number or SHA-256")
	cmd.Flags().StringVar(&overlap, "overlap-until", "", "until when the old one counts beside the new one: a `DATE`, or a moment in RFC 3339 (default: it ends now)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if flags.old == "" {
			return misuse(cmd, "--old is missing")
		}
		until, err := day(cmd, "overlap-until", overlap)
		if err != nil {
			return err
		}
		return t.admitted(cmd, s, *by, flags, args[0], func(r *registryRoom, who registry.Actor, reg registry.NewRegistration, before registry.Registration) error {
			main, version, err := r.Replace(cmd.Context(), who, postgres.Replacement{Old: before.Certificate.Fingerprint(), New: reg, Overlap: until})
			if err != nil {
				return answered(err)
			}
			t.sayRegistered(reg, main, version)
			fmt.Fprintf(t.stdout, "replaced: %s of party %s; %s\n", before.Certificate.Serial(), reg.Party, bound)
			return nil
		})
	}
	return cmd
}

// admitted checks a certificate against the rules, says what it found, and lets do
// register it, unless this is a dry run. before is the registration that flags.old names.
func (t *tool) admitted(cmd *cobra.Command, s *settings, by string, flags importFlags, file string,
	do func(r *registryRoom, who registry.Actor, reg registry.NewRegistration, before registry.Registration) error) error {
	reg, err := flags.registration(cmd)
	if err != nil {
		return err
	}
	who, err := actor(by)
	if err != nil {
		return err
	}
	rules, err := t.rules(s)
	if err != nil {
		return err
	}
	r, err := t.openRegistry(cmd.Context(), s)
	if err != nil {
		return err
	}
	defer r.close()
	if reg.Party, err = r.party(cmd.Context(), flags.party); err != nil {
		return err
	}
	var before registry.Registration
	if flags.old != "" {
		if before, err = t.choose(cmd.Context(), r, reg.Party, reg.Usage, flags.old); err != nil {
			return err
		}
		if reg.UsageType == "" {
			reg.UsageType = before.UsageType
		}
	}
	admission, err := t.admit(rules, reg, flags.kind, file)
	if err != nil {
		return err
	}
	identifiers, err := r.identifiersOf(cmd.Context(), reg.Party)
	if err != nil {
		return err
	}
	t.warnOfMissing(rules.Policy, reg.UsageType, identifiers)
	reg.Certificate, reg.Kind = admission.Certificate, admission.Kind
	binding := admission.Bind(identifiers, false)
	reg.Pending = !binding.InForce && !flags.vouch
	t.sayAdmitted(rules.Policy, admission, binding, flags.vouch)
	if flags.dryRun {
		fmt.Fprintln(t.stdout, text{"dry run: nothing was changed", "試跑：未作任何更動"}.in(t.language))
		return nil
	}
	return do(r, who, reg, before)
}

// registration is what the flags say of it, checked.
func (f *importFlags) registration(cmd *cobra.Command) (registry.NewRegistration, error) {
	reg := registry.NewRegistration{Usage: registry.Usage(f.usage), UsageType: registry.UsageType(f.usageType), Medium: registry.Medium(f.medium)}
	var err error
	switch {
	case f.party == "":
		return reg, misuse(cmd, "--party is missing")
	case !oneOf(f.usage, string(registry.Signing), string(registry.Login)):
		return reg, misuse(cmd, "--usage %q: use signing or login", f.usage)
	case reg.Usage == registry.Signing && f.usageType == "" && f.old == "":
		return reg, misuse(cmd, "--usage-type is missing: one of specialist, trader, carrier, warehouse, broker, island_shop, dutyfree_shop, airline")
	case reg.Usage == registry.Login && f.usageType != "":
		return reg, misuse(cmd, "--usage-type is for signing certificates; a login has none")
	case !oneOf(f.medium, string(registry.File), string(registry.Card)):
		return reg, misuse(cmd, "--medium %q: use file or card", f.medium)
	case f.kind != "" && !oneOf(f.kind, string(registry.MOICA), string(registry.MOEACA), string(registry.Customs)):
		return reg, misuse(cmd, "--kind %q: use moica, moeaca or customs", f.kind)
	}
	if err = checkNoNationalID(f.party); err != nil {
		return reg, err
	}
	if reg.From, err = day(cmd, "from", f.from); err != nil {
		return reg, err
	}
	reg.Until, err = day(cmd, "until", f.until)
	return reg, err
}

// rules are the default policy's, with the issuers that the settings name.
func (t *tool) rules(s *settings) (*registry.Rules, error) {
	policy, err := registry.DefaultPolicy()
	if err != nil {
		return nil, err
	}
	rules := &registry.Rules{Policy: policy}
	r := s.reader(t.getenv)
	if dir := r.String("ISSUERS_DIR", "", "issuers to believe"); dir != "" {
		if rules.Issuers, err = registry.LoadIssuers(os.DirFS(dir)); err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
	}
	return rules, nil
}

// admit reads the file and judges its certificate.
func (t *tool) admit(rules *registry.Rules, reg registry.NewRegistration, kind, file string) (registry.Admission, error) {
	certs, err := t.readCertificates(file)
	if err != nil {
		var refused *registry.Refusal
		if errors.As(err, &refused) {
			return registry.Admission{}, &refusal{err}
		}
		return registry.Admission{}, err
	}
	// One certificate goes to Admit as it is, which says best what stands against it.
	cert := certs[0]
	if len(certs) > 1 {
		if cert, err = registry.ChooseSigning(certs); err != nil {
			return registry.Admission{}, refuse("%s: %w", display(file), err)
		}
	}
	purpose := registry.Purpose{Usage: reg.Usage, UsageType: reg.UsageType, Medium: reg.Medium}
	admission, err := rules.Admit(cert, purpose, time.Now())
	if err != nil {
		return admission, refuse("%s: %w", display(file), err)
	}
	if kind != "" && admission.Kind != registry.CertificateKind(kind) {
		return admission, refuse("%s: it is a %s certificate, not a %s one", display(file), admission.Kind, kind)
	}
	return admission, nil
}

// identifiersOf returns what a party goes by, national ids left out.
//
// The registry pages through parties in the order of their names, all of one length:
// after a name less its last character come that party and at most its 31 siblings.
func (r *registryRoom) identifiersOf(ctx context.Context, party verifier.PartyID) ([]registry.Identifier, error) {
	page, err := r.Parties(ctx, party[:len(party)-1], 32)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(page, func(p registry.Party) bool { return p.ID == party })
	if i < 0 {
		return nil, refuse("party %s: %w", party, registry.ErrNoParty)
	}
	var identifiers []registry.Identifier
	for _, id := range page[i].Identifiers {
		if id.Kind != verifier.NationalID {
			identifiers = append(identifiers, registry.Identifier{Kind: id.Kind, Value: id.Shown})
		}
	}
	return identifiers, nil
}

// warnOfMissing says which identifiers a party of a usage type should have. The claimed
// sender in its messages is checked by them.
func (t *tool) warnOfMissing(policy *registry.Policy, usageType registry.UsageType, has []registry.Identifier) {
	for _, s := range policy.Signing {
		if s.Type != usageType {
			continue
		}
		for _, kind := range s.Asks {
			known := slices.ContainsFunc(has, func(id registry.Identifier) bool { return id.Kind == kind })
			if !known && kind != verifier.NationalID {
				fmt.Fprintf(t.stderr, "turnkey: warning: the party has no %s, which a %s should have: turnkey party add\n",
					identifierLabels[kind].in(t.language), text{s.English, s.Chinese}.in(t.language))
			}
		}
	}
}

// sayAdmitted shows what the certificate says, before anything is written.
func (t *tool) sayAdmitted(policy *registry.Policy, a registry.Admission, binding registry.Binding, vouched bool) {
	c := a.Certificate
	kind := labelsOf(policy).kinds[a.Kind].in(t.language)
	fmt.Fprintf(t.stdout, "%s  %s  %s\n  %s ~ %s\n  SHA-256 %s\n", c.Serial(), kind, c.Subject(), stamp(c.NotBefore()), stamp(c.NotAfter()), c.Fingerprint())
	if a.Holder.BusinessID != "" {
		fmt.Fprintf(t.stdout, "  統一編號 %s\n", a.Holder.BusinessID)
	}
	for _, w := range a.Warnings {
		fmt.Fprintf(t.stderr, "turnkey: warning: %s\n", messageText(w).in(t.language))
	}
	if binding.InForce {
		return
	}
	label := text{"pending", "待確認"}
	if vouched {
		label = text{"vouched for by you, instead of", "由操作者擔保，代替"}
	}
	for _, m := range binding.Missing {
		fmt.Fprintf(t.stdout, "  %s: %s\n", label.in(t.language), strings.TrimSpace(messageText(m).in(t.language)))
	}
}

func messageText(m registry.Message) text { return text{m.English, m.Chinese} }
