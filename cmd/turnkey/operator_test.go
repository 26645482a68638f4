package main

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"turnkey-gateway/verifier/verifiertest"
)

// card issues a company's card certificate around now.
func card(t *testing.T, terms verifiertest.Terms) *verifiertest.Identity {
	t.Helper()
	pki, err := testPKI()
	if err != nil {
		t.Fatal(err)
	}
	if terms.NotAfter.IsZero() {
		terms.NotBefore, terms.NotAfter = time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)
	}
	id, err := pki.MOEACA.Issue(verifiertest.Company{Name: "範例有限公司", BusinessID: "97162640"}, terms)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestOperators(t *testing.T) {
	d := newDesk(t)
	d.believes()
	chen := card(t, verifiertest.Terms{})
	d.run("operator", "add", "--name", "chen.mei", certFile(t, chen)).want(t, exitYes, "added: chen.mei", serialOf(chen))
	d.run("operator", "add", "--name", "chen.mei", certFile(t, card(t, verifiertest.Terms{}))).want(t, exitNo, "there is an operator of that name")
	d.run("operator", "add", "--name", "lin", certFile(t, chen)).want(t, exitNo, "with that certificate")
	d.run("operator", "list").want(t, exitYes, "chen.mei", serialOf(chen))
	d.run("operator", "list", "--lang", "zh").want(t, exitYes, "憑證起訖日期")
	var listed operatorJSON
	if err := json.Unmarshal([]byte(d.run("operator", "list", "--json").want(t, exitYes).stdout), &listed); err != nil || listed.Name != "chen.mei" || listed.Serial != serialOf(chen) {
		t.Errorf("listed %+v, %v", listed, err)
	}
	d.run("audit", "list").want(t, exitYes, "operator_added", "chen.mei")
	d.run("operator", "remove", "chen.mei").want(t, exitYes, "removed: chen.mei")
	d.run("operator", "remove", "chen.mei").want(t, exitNo, "turnkey operator list")
	d.run("operator", "add", "--name", "chen.mei", "--lang", "zh", certFile(t, chen)).want(t, exitYes, "已新增：chen.mei")

	d.run("party", "create", "--kind", "company", "97162640").want(t, exitYes)
	login := certFile(t, card(t, verifiertest.Terms{}))
	d.run("import", "--party", "97162640", "--usage", "login", "--medium", "card", login).want(t, exitYes)
	d.run("operator", "add", "--name", "wang", login).want(t, exitNo, "a card of their own")
}

func TestOperatorAddRefusesInWords(t *testing.T) {
	pki, err := testPKI()
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	d.believes()
	revoked := card(t, verifiertest.Terms{})
	list, err := pki.MOEACA.RevocationList(time.Now(), time.Now().AddDate(0, 0, 1), revoked.Certificate.SerialNumber)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.env["TURNKEY_ISSUERS_DIR"]+"/moeaca/a.crl", list, 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().AddDate(-1, 0, 0)
	tests := []struct {
		name string
		args []string
		code int
		want string
	}{
		{"authority", []string{writeFile(t, "ca.cer", pki.MOEACA.Certificate.Raw)}, exitNo, "certification authority"},
		{"encryption only", []string{certFile(t, card(t, verifiertest.Terms{NotBefore: old, NotAfter: time.Now().AddDate(1, 0, 0), Encryption: true}))}, exitNo, "encryption only"},
		{"weak key", []string{certFile(t, card(t, verifiertest.Terms{Key: verifiertest.KeyOfBits(1024, 0)}))}, exitNo, "1024 bits"},
		{"expired", []string{certFile(t, card(t, verifiertest.Terms{NotBefore: old, NotAfter: old.AddDate(0, 1, 0)}))}, exitNo, "expired"},
		{"a file's certificate", []string{certFile(t, broker(t, 0))}, exitNo, "can't be used here"},
		{"revoked by its issuer", []string{certFile(t, revoked)}, exitNo, "the issuer revoked"},
		{"an e-mail address for a name", []string{"--name", "chen@example.org", certFile(t, revoked)}, exitUnknown, "letters, digits"},
		{"no name", []string{"--name", "", certFile(t, revoked)}, exitUnknown, "--name is missing"},
		{"no such file", []string{"nowhere.cer"}, exitUnknown, "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"operator", "add", "--name", "chen.mei"}, tt.args...)
			turnkeyWith(t, d.env, "", args...).want(t, tt.code, tt.want)
			turnkeyWith(t, d.env, "", append(args, "--lang", "zh")...).want(t, tt.code)
		})
	}
	delete(d.env, "TURNKEY_ISSUERS_DIR")
	d.run("operator", "add", "--name", "chen.mei", certFile(t, card(t, verifiertest.Terms{}))).want(t, exitYes, "rests on you alone")
}
