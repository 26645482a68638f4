package main

import (
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

// bound is how long after its commit a change holds everywhere (design, promise 5).
const bound = "it takes effect at every gateway within 5 s, under 1 s as a rule"

// A change of one registration that a person names by party, usage and certificate.
type registrationFlags struct {
	party, usage string
	yes          bool
}

func (f *registrationFlags) declare(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.party, "party", "", "whose: `WHO` is an account, 統一編號, 箱號, 專責人員代碼, or P-...")
	cmd.Flags().StringVar(&f.usage, "usage", string(registry.Signing), "`USAGE`: signing or login")
}

func (f *registrationFlags) check(cmd *cobra.Command) error {
	switch {
	case f.party == "":
		return misuse(cmd, "--party is missing")
	case !oneOf(f.usage, string(registry.Signing), string(registry.Login)):
		return misuse(cmd, "--usage %q: use signing or login", f.usage)
	}
	return checkNoNationalID(f.party)
}

const certArgument = "CERT (a certificate file, a serial number, or a SHA-256)"

func (t *tool) withdrawCommand() *cobra.Command {
	var flags registrationFlags
	cmd := &cobra.Command{
		Use:     "withdraw --party WHO CERT",
		GroupID: groupRegistry,
		Short:   "End a party's registration of a certificate",
		Long: `Ends one registration: messages signed with that certificate are rejected from then on as
REGISTRATION_WITHDRAWN. The certificate itself stays good: it may be registered again.
停用用戶的某張憑證登錄；日後可再重新登錄。

CERT is the certificate's file, its serial number, or its SHA-256 (8 digits or more).`,
		Example: `  turnkey withdraw --party 97162640 4ECFCBA3
  turnkey withdraw --party 97162640 --yes old.cer`,
		Args: wantArgs(1, 1, certArgument),
	}
	s, by := registryFlags(cmd), actorFlag(cmd)
	flags.declare(cmd)
	cmd.Flags().BoolVarP(&flags.yes, "yes", "y", false, "don't ask")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return t.onRegistration(cmd, s, *by, flags, args[0], func(r *registryRoom, who registry.Actor, reg registry.Registration) error {
			question := fmt.Sprintf("Withdraw %s (%s) of party %s? Its messages will be rejected.", reg.Certificate.Serial(), reg.Certificate.Subject(), reg.Party)
			if err := t.confirm(question, flags.yes); err != nil {
				return err
			}
			version, err := r.Withdraw(cmd.Context(), who, registered(reg))
			if err != nil {
				return answered(err)
			}
			fmt.Fprintf(t.stdout, "withdrawn: %s of party %s (registry version %d); %s\n", reg.Certificate.Serial(), reg.Party, version, bound)
			return nil
		})
	}
	return cmd
}

func (t *tool) confirmCommand() *cobra.Command {
	var flags registrationFlags
	cmd := &cobra.Command{
		Use:     "confirm --party WHO CERT",
		GroupID: groupRegistry,
		Short:   "Put a pending registration in force",
		Long: `Puts a registration in force that nothing bound to its party so far: a certificate whose
name is another company's, say. Whoever confirms it vouches that its key is the party's.
將「待確認」的憑證登錄轉為生效；確認者須確知該金鑰確為此用戶所有。`,
		Example: `  turnkey confirm --party 97162640 4EBEC85D`,
		Args:    wantArgs(1, 1, certArgument),
	}
	s, by := registryFlags(cmd), actorFlag(cmd)
	flags.declare(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return t.onRegistration(cmd, s, *by, flags, args[0], func(r *registryRoom, who registry.Actor, reg registry.Registration) error {
			main, version, err := r.Confirm(cmd.Context(), who, registered(reg))
			if err != nil {
				return answered(err)
			}
			fmt.Fprintf(t.stdout, "in force: %s of party %s%s (registry version %d)\n", reg.Certificate.Serial(), reg.Party, asMain(main), version)
			return nil
		})
	}
	return cmd
}

// onRegistration does what a command does to the registration that its flags and its
// argument name.
func (t *tool) onRegistration(cmd *cobra.Command, s *settings, by string, flags registrationFlags, name string,
	do func(*registryRoom, registry.Actor, registry.Registration) error) error {
	if err := flags.check(cmd); err != nil {
		return err
	}
	who, err := actor(by)
	if err != nil {
		return err
	}
	r, err := t.openRegistry(cmd.Context(), s)
	if err != nil {
		return err
	}
	defer r.close()
	party, err := r.party(cmd.Context(), flags.party)
	if err != nil {
		return err
	}
	reg, err := t.choose(cmd.Context(), r, party, registry.Usage(flags.usage), name)
	if err != nil {
		return err
	}
	return do(r, who, reg)
}

func registered(r registry.Registration) postgres.Registered {
	return postgres.Registered{Party: r.Party, Certificate: r.Certificate.Fingerprint(), Usage: r.Usage}
}

func asMain(main bool) string {
	if main {
		return ", its main certificate (主憑證)"
	}
	return ""
}

func (t *tool) revokeCommand() *cobra.Command {
	var yes bool
	var reason string
	cmd := &cobra.Command{
		Use:     "revoke [--reason REASON] CERT",
		GroupID: groupRegistry,
		Short:   "Revoke a certificate, for every party and for ever",
		Long: `Revokes the certificate itself: every registration of it, of every party, ends, and messages
signed with it are rejected from then on as CERTIFICATE_REVOKED. Nothing brings it back, no
restore of a backup either. To end one party's use of a good certificate: turnkey withdraw.
廢止憑證：所有用戶對該憑證的登錄立即終止，且永遠無法恢復。

CERT is the certificate's file, or its whole SHA-256: a serial number alone may be another's.
A certificate that nobody registered can be revoked too; nobody can register it then.`,
		Example: `  turnkey revoke --reason keyCompromise stolen.cer
  turnkey revoke --yes $(turnkey certs --party 97162640 --json | jq -r 'select(.serial=="4ECFCBA3") | .sha256')`,
		Args: wantArgs(1, 1, "CERT (a certificate file, or a whole SHA-256)"),
	}
	s, by := registryFlags(cmd), actorFlag(cmd)
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "don't ask")
	cmd.Flags().StringVar(&reason, "reason", string(registry.Unspecified), "`REASON`, a CRLReason of RFC 5280: "+reasonNames())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !slices.Contains(registry.RevocationReasons, registry.RevocationReason(reason)) {
			return misuse(cmd, "--reason %q: use one of %s", reason, reasonNames())
		}
		certificate, described, err := t.toRevoke(cmd, args[0])
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
		if err := t.confirm(fmt.Sprintf("Revoke %s for ever?", described), yes); err != nil {
			return err
		}
		parties, version, err := r.Revoke(cmd.Context(), who, certificate, registry.RevocationReason(reason))
		if err != nil {
			return answered(err)
		}
		names := make([]string, len(parties))
		for i, p := range parties {
			names[i] = string(p)
		}
		fmt.Fprintf(t.stdout, "revoked: %s, held by %s (registry version %d); %s\n", described, orNobody(names), version, bound)
		return nil
	}
	return cmd
}

func reasonNames() string {
	names := make([]string, len(registry.RevocationReasons))
	for i, r := range registry.RevocationReasons {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}

func orNobody(names []string) string {
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(names, ", ")
}

// toRevoke returns the certificate named, and how a person knows it.
func (t *tool) toRevoke(cmd *cobra.Command, name string) (verifier.Fingerprint, string, error) {
	if f, ok := fingerprintOf(name); ok {
		return f, f.String(), nil
	}
	if _, err := os.Stat(name); err != nil && name != "-" {
		return verifier.Fingerprint{}, "", misuse(cmd, "%q is neither a file that is there nor a whole SHA-256 (64 hex digits)", name)
	}
	c, err := t.oneCertificate(name)
	if err != nil {
		return verifier.Fingerprint{}, "", err
	}
	return c.Fingerprint(), fmt.Sprintf("%s (%s)", c.Serial(), c.Subject()), nil
}

// day is an argument that is a moment: RFC 3339, or a date, which means its beginning
// in Taipei.
func day(cmd *cobra.Command, flag, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	if m, err := time.Parse(time.RFC3339, value); err == nil {
		return m, nil
	}
	m, err := time.ParseInLocation(time.DateOnly, value, taipei)
	if err != nil {
		return time.Time{}, misuse(cmd, "--%s %q: use a date such as 2026-12-31, or a moment such as 2026-12-31T12:00:00+08:00", flag, value)
	}
	return m, nil
}
