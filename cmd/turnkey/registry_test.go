package main

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier/verifiertest"
)

// A desk is an operator's: the tool on a registry of its own, on real Postgres.
type desk struct {
	t   *testing.T
	env map[string]string
}

func newDesk(t *testing.T) *desk {
	return deskOn(t, registrytest.Database(t))
}

func deskOn(t *testing.T, databaseURL string) *desk {
	t.Helper()
	return &desk{t, map[string]string{
		"TURNKEY_DATABASE_FILE":     writeFile(t, "database", []byte(databaseURL+"\n")),
		"TURNKEY_LOOKUP_KEY_FILE":   registrytest.KeyFile(t, "lookup"),
		"TURNKEY_IDENTITY_KEY_FILE": registrytest.KeyFile(t, "identity"),
	}}
}

func (d *desk) run(args ...string) result {
	d.t.Helper()
	return d.runWith("", args...)
}

func (d *desk) runWith(stdin string, args ...string) result {
	d.t.Helper()
	return turnkeyWith(d.t, d.env, stdin, args...)
}

// certs is what `certs --json` says, keyed by serial number and usage.
func (d *desk) certs(party string) map[string]registrationJSON {
	d.t.Helper()
	out := d.run("certs", "--party", party, "--json").want(d.t, exitYes)
	found := make(map[string]registrationJSON)
	for _, line := range strings.Split(strings.TrimSpace(out.stdout), "\n") {
		var r registrationJSON
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			d.t.Fatalf("%q: %v", line, err)
		}
		found[r.Serial+" "+r.Usage] = r
	}
	return found
}

// believes makes the sample authorities issuers that the registry believes.
func (d *desk) believes() {
	pki, err := testPKI()
	if err != nil {
		d.t.Fatal(err)
	}
	dir := d.t.TempDir()
	for kind, authority := range map[string]*verifiertest.Authority{"moica": pki.MOICA, "moeaca": pki.MOEACA, "customs": pki.Customs} {
		if err := os.Mkdir(dir+"/"+kind, 0o700); err != nil {
			d.t.Fatal(err)
		}
		if err := os.WriteFile(dir+"/"+kind+"/ca.cer", authority.Certificate.Raw, 0o600); err != nil {
			d.t.Fatal(err)
		}
	}
	d.env["TURNKEY_ISSUERS_DIR"] = dir
}

func serialOf(id *verifiertest.Identity) string {
	return strings.ToUpper(id.Certificate.SerialNumber.Text(16))
}

func TestLifeOfARegistration(t *testing.T) {
	d := newDesk(t)
	d.believes()
	first, second := broker(t, 0), broker(t, 1)
	d.run("party", "create", "--kind", "company", "--box", "123", "97162640").want(t, exitYes, "made party P-", "turnkey import")

	dry := d.run("import", "--party", "97162640", "--usage-type", "broker", "--kind", "customs", "--dry-run", certFile(t, first)).
		want(t, exitYes, "nothing was changed", serialOf(first))
	if strings.Contains(dry.stdout, "匯入成功") {
		t.Errorf("a dry run claims to have registered: %s", dry.stdout)
	}
	d.run("certs", "--party", "97162640").want(t, exitYes, "no certificates")

	d.run("import", "--party", "97162640", "--usage-type", "broker", "--kind", "customs", certFile(t, first)).
		want(t, exitYes, "主憑證匯入成功")
	d.run("import", "--party", "97162640", "--usage-type", "broker", certFile(t, first)).
		want(t, exitNo, "already registered")
	listed := d.certs("123")[serialOf(first)+" signing"]
	if listed.State != "in_force" || !listed.Main || listed.Kind != "customs" || listed.UsageType != "broker" || listed.Medium != "file" {
		t.Errorf("registered as %+v", listed)
	}

	d.run("replace", "--party", "97162640", "--old", serialOf(first),
		"--overlap-until", time.Now().AddDate(0, 1, 0).Format(time.DateOnly), certFile(t, second)).
		want(t, exitYes, "replaced: "+serialOf(first))
	after := d.certs("97162640")
	if got := after[serialOf(first)+" signing"]; got.State != "superseded" || got.Until == nil {
		t.Errorf("the replaced one is %+v", got)
	}
	if got := after[serialOf(second)+" signing"]; got.State != "in_force" {
		t.Errorf("its successor is %+v", got)
	}

	withdraw := []string{"withdraw", "--party", "97162640", serialOf(first)}
	d.run(withdraw...).want(t, exitUnknown, "not confirmed", "--yes")
	if got := d.certs("97162640")[serialOf(first)+" signing"].State; got != "superseded" {
		t.Errorf("an unconfirmed withdrawal left it %s", got)
	}
	d.run(append(withdraw, "--yes")...).want(t, exitYes, "withdrawn: "+serialOf(first), "within 5 s")

	d.run("revoke", serialOf(second)).want(t, exitUnknown, "whole SHA-256")
	sum := after[serialOf(second)+" signing"].SHA256
	d.run("revoke", "--yes", sum).want(t, exitYes, "revoked: "+sum, "held by P-")
	d.run("import", "--party", "97162640", "--usage-type", "broker", certFile(t, second)).want(t, exitNo, "revoked")
	if got := d.certs("97162640")[serialOf(second)+" signing"]; got.State != "revoked" || got.EndedAt == nil {
		t.Errorf("the revoked one is %+v", got)
	}
}

func TestImportOfACertificateThatNothingBindsIsPending(t *testing.T) {
	d := newDesk(t) // believes no issuer
	id := broker(t, 0)
	d.run("party", "create", "--kind", "company", "--box", "123", "97162640").want(t, exitYes)
	d.run("import", "--party", "97162640", "--usage-type", "broker", certFile(t, id)).
		want(t, exitYes, "pending", "turnkey confirm")
	if got := d.certs("97162640")[serialOf(id)+" signing"].State; got != "pending" {
		t.Fatalf("it is %s, want pending", got)
	}
	d.run("certs", "--party", "97162640", "--lang", "zh").want(t, exitYes, "待確認", "通關專屬憑證", "報關業")
	d.run("confirm", "--party", "97162640", serialOf(id)).want(t, exitYes, "in force", "主憑證")
	if got := d.certs("97162640")[serialOf(id)+" signing"].State; got != "in_force" {
		t.Errorf("once confirmed it is %s, want in_force", got)
	}
	d.run("confirm", "--party", "97162640", serialOf(id)).want(t, exitNo, "state")
}

func TestImportVouchedFor(t *testing.T) {
	d := newDesk(t)
	id := broker(t, 0)
	d.run("party", "create", "a@example.org").want(t, exitYes)
	d.run("import", "--party", "a@example.org", "--usage-type", "trader", "--vouch", certFile(t, id)).
		want(t, exitYes, "vouched for", "主憑證匯入成功", "has no")
}

func TestImportRefusesInWords(t *testing.T) {
	pki, err := testPKI()
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	d.run("party", "create", "--kind", "company", "97162640").want(t, exitYes)
	issue := func(terms verifiertest.Terms) string {
		id, err := pki.MOEACA.Issue(verifiertest.Company{Name: "範例有限公司", BusinessID: "97162640"}, terms)
		if err != nil {
			t.Fatal(err)
		}
		return certFile(t, id)
	}
	soon, long := time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)
	key, err := broker(t, 0).KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		code int
		want string
	}{
		{"authority", []string{writeFile(t, "ca.cer", pki.MOEACA.Certificate.Raw)}, exitNo, "certification authority"},
		{"encryption only", []string{issue(verifiertest.Terms{NotBefore: soon, NotAfter: long, Encryption: true})}, exitNo, "encryption only"},
		{"weak key", []string{issue(verifiertest.Terms{NotBefore: soon, NotAfter: long, Key: verifiertest.KeyOfBits(1024, 0)})}, exitNo, "1024 bits"},
		{"expired", []string{issue(verifiertest.Terms{NotBefore: soon.AddDate(-1, 0, 0), NotAfter: soon})}, exitNo, "expired"},
		{"another kind than said", []string{"--kind", "customs", issue(verifiertest.Terms{NotBefore: soon, NotAfter: long})}, exitNo, "moeaca"},
		{"not allowed on a card", []string{"--medium", "card", certFile(t, broker(t, 0))}, exitNo, "can't be used here"},
		{"no certificate", []string{writeFile(t, "a.cer", []byte("hello"))}, exitNo, "can't be read as a certificate"},
		{"private key", []string{writeFile(t, "key.pem", key)}, exitNo, "private key"},
		{"no such file", []string{"nowhere.cer"}, exitUnknown, "no such file"},
		{"unknown party", []string{"--party", "nobody@example.org", certFile(t, broker(t, 0))}, exitNo, "no party goes by"},
		{"empty period", []string{"--vouch", "--from", "2026-02-01", "--until", "2026-01-01", certFile(t, broker(t, 0))}, exitNo, "begin before it ends"},
		{"bad date", []string{"--from", "soon", certFile(t, broker(t, 0))}, exitUnknown, "use a date"},
		{"unknown usage type", []string{"--usage-type", "pirate", certFile(t, broker(t, 0))}, exitNo, "pirate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"import", "--party", "97162640", "--usage-type", "broker"}, tt.args...)
			turnkeyWith(t, d.env, "", args...).want(t, tt.code, tt.want)
			turnkeyWith(t, d.env, "", append(args, "--lang", "zh")...).want(t, tt.code)
		})
	}
	d.run("certs", "--party", "97162640").want(t, exitYes, "no certificates")
}

func TestNationalIDsStayHidden(t *testing.T) {
	const id = "A123456789" // made up; its check digit is right
	d := newDesk(t)
	d.run("party", "create", id).want(t, exitUnknown, "process listings")
	d.run("certs", "--party", id).want(t, exitUnknown, "process listings")
	d.run("party", "create", "--kind", "person", "mei@example.org").want(t, exitUnknown, "national id is missing", "no terminal")
	keyless := &desk{t, maps.Clone(d.env)}
	delete(keyless.env, "TURNKEY_IDENTITY_KEY_FILE")
	keyless.runWith(id, "party", "create", "--national-id-file", "-", "mei@example.org").want(t, exitUnknown, "TURNKEY_IDENTITY_KEY_FILE")
	made := d.runWith(id+"\n", "party", "create", "--kind", "person", "--national-id-file", "-", "--specialist", "A00001", "mei@example.org").want(t, exitYes)
	listed := d.run("parties").want(t, exitYes, "A********9", "A00001", "mei@example.org")
	asJSON := d.run("parties", "--json").want(t, exitYes, `"kind":"national","value":"A********9"`)
	d.runWith(id, "certs", "--national-id-file", "-").want(t, exitYes, "no certificates")
	wrong := d.runWith("A123456788", "party", "create", "--national-id-file", "-", "b@example.org").want(t, exitNo, "check digit")
	for _, r := range []result{made, listed, asJSON, wrong} {
		if regexp.MustCompile(`A12345678\d`).MatchString(r.stdout + r.stderr) {
			t.Errorf("a national id is shown:\n%s%s", r.stdout, r.stderr)
		}
	}
}

func TestIdentifiersAreUnique(t *testing.T) {
	d := newDesk(t)
	d.run("party", "create", "--business-id", "97162640", "--box", "123", "97162640").want(t, exitYes)
	d.run("party", "create", "--box", "123", "04595252").want(t, exitNo, "goes by that identifier")
	d.run("party", "create", "--business-id", "88117126", "04595252").want(t, exitNo, "check digit")
	d.run("party", "add", "--party", "97162640", "--box", "456").want(t, exitYes, "one more broker's box")
	d.run("certs", "--party", "456").want(t, exitYes, "no certificates")
}

func TestMigrate(t *testing.T) {
	d := deskOn(t, registrytest.EmptyDatabase(t))
	d.run("parties").want(t, exitUnknown, "turnkey migrate")
	d.run("migrate", "--status").want(t, exitNo, "schema step 0", "turnkey migrate")
	d.run("migrate").want(t, exitYes, "was 0")
	d.run("migrate").want(t, exitYes, "up to date")
	d.run("migrate", "--status").want(t, exitYes)
	d.run("parties").want(t, exitYes, "PARTY")
}

func TestMigrateGrants(t *testing.T) {
	portal, gateway := registrytest.NewRole(t), registrytest.NewRole(t)
	url := registrytest.EmptyDatabase(t)
	owner := deskOn(t, url)
	owner.run("migrate", "--grant-portal", portal.Name, "--grant-gateway", gateway.Name).
		want(t, exitYes, "was 0", "role "+portal.Name+" may do what the portal needs", "role "+gateway.Name+" may do what the gateway needs")
	owner.run("migrate", "--grant-portal", portal.Name).want(t, exitYes, "up to date already", "no more")

	under := deskOn(t, portal.On(t, url))
	under.run("party", "create", "--kind", "company", "97162640").want(t, exitYes)
	under.run("operator", "add", "--name", "mallory", certFile(t, card(t, verifiertest.Terms{}))).want(t, exitUnknown, "permission denied")
	under.run("migrate", "--grant-gateway", portal.Name).want(t, exitUnknown, "must own")
	deskOn(t, gateway.On(t, url)).run("party", "create", "--kind", "company", "04595252").want(t, exitUnknown, "permission denied")

	owner.run("migrate", "--grant-portal", "nobody_there").want(t, exitNo, "CREATE ROLE")
	owner.run("migrate", "--grant-portal", "pg_write_all_data").want(t, exitNo, "may do more", "DELETE audit_log")
	owner.run("migrate", "--grant-portal", "a", "--grant-gateway", "a").want(t, exitUnknown, "a role each")
	owner.run("migrate", "--status", "--grant-portal", "a").want(t, exitUnknown, "changes nothing")
}

func TestRegistrySettings(t *testing.T) {
	turnkey(t, "parties").want(t, exitUnknown, "TURNKEY_DATABASE_FILE", "TURNKEY_LOOKUP_KEY_FILE", "turnkey keys init")
	const secret = "postgres://turnkey:s3cret@127.0.0.1:1/none"
	pasted := turnkeyWith(t, map[string]string{"TURNKEY_DATABASE_FILE": secret}, "", "parties").want(t, exitUnknown, "path of that file")
	d := deskOn(t, secret)
	unreachable := d.run("parties").want(t, exitUnknown, "reach the database")
	d = deskOn(t, "postgres://turnkey:s3cret@[::1")
	garbled := d.run("parties").want(t, exitUnknown, "no Postgres URL")
	for _, r := range []result{pasted, unreachable, garbled} {
		if strings.Contains(r.stdout+r.stderr, "s3cret") {
			t.Errorf("the password is shown: %s", r.stderr)
		}
	}
	d.run("parties", "--lookup-key-file", "nowhere").want(t, exitUnknown, "TURNKEY_LOOKUP_KEY_FILE")
}
