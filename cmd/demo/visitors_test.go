package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/deploy/local/stacktest"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge/cardtest"
	"turnkey-gateway/registry/postgres"
)

func TestDemoHasEverythingForVisitors(t *testing.T) {
	d := startDemo(t, os.Getenv("PATH"), "--plain", "--rate", "50")
	d.awaitLine(t, "for visitors are ready after")
	origin := d.address(t, "portal")
	home, header := get(t, origin+"/")
	if !strings.Contains(home, "憑證註冊中心") {
		t.Errorf("the portal's home page is\n%s", home)
	}
	d.mustHaveAccounts(t)
	d.mustCatchMail(t, d.address(t, "its mail"))
	d.mustHaveCards(t, origin, header.Get("Content-Security-Policy"))
}

// address returns what the introduction says of a label, without the last slash.
func (d *demoProcess) address(t *testing.T, label string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^ ` + label + ` +(http://[0-9.:]+)/`).FindStringSubmatch(d.output.String())
	if found == nil {
		t.Fatalf("the demo names no %s:\n%s", label, d.output)
	}
	return found[1]
}

func get(t *testing.T, url string) (string, http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept-Language", "zh-TW")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, response.Status, err)
	}
	return string(text), response.Header
}

// store opens the demo's registry.
func (d *demoProcess) store(t *testing.T) *postgres.Store {
	t.Helper()
	file := func(name string) string {
		found, err := filepath.Glob(filepath.Join(d.home, scratchPrefix+"*", name))
		if err != nil || len(found) != 1 {
			t.Fatalf("files called %s: %v, %v", name, found, err)
		}
		return found[0]
	}
	lookup, identity, err := rig.KeyFiles{Lookup: file("lookup.key"), Identity: file("identity.key")}.Load()
	if err != nil {
		t.Fatal(err)
	}
	url, err := os.ReadFile(file("database"))
	if err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), strings.TrimSpace(string(url)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return postgres.NewStore(pool, lookup, identity)
}

func (d *demoProcess) mustHaveAccounts(t *testing.T) {
	t.Helper()
	store := d.store(t)
	for _, want := range []struct {
		name             string
		password, legacy bool
	}{{"00090001", true, false}, {"00042445", false, true}, {"a90001@example.com", false, true}} {
		a, profile, err := store.AccountNamed(t.Context(), want.name)
		if err != nil || a.HasPassword != want.password || a.Legacy != want.legacy || (profile.Email != "") != want.password {
			t.Errorf("account %s is %+v, %v; want password %v, legacy %v", want.name, a, err, want.password, want.legacy)
		}
	}
}

func (d *demoProcess) mustCatchMail(t *testing.T, page string) {
	t.Helper()
	mail := registry.Mail{To: "holder@example.test", Subject: "憑證將到期", Text: "您好"}
	if err := d.store(t).Enqueue(t.Context(), mail); err != nil {
		t.Fatal(err)
	}
	// The portal looks for mail of others every 15 s.
	for deadline := time.Now().Add(40 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		text, _ := get(t, page+"/")
		if strings.Contains(text, mail.Subject) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the mail was not caught:\n%s", text)
		}
	}
}

func (d *demoProcess) mustHaveCards(t *testing.T, origin, policy string) {
	t.Helper()
	for _, program := range []string{"softhsm2-util", "pkcs11-tool", "gcc"} {
		stacktest.Program(t, program)
	}
	at := regexp.MustCompile(`ws://(127\.0\.0\.1:\d+)`).FindStringSubmatch(policy)
	if at == nil {
		t.Fatalf("the portal's pages may use no agent: %s\n%s", policy, d.output)
	}
	var list struct {
		Readers []struct {
			Card *struct{ Label string }
		}
	}
	(&cardtest.Agent{Address: at[1]}).Open(t, origin).Ask(t, "list", nil).Read(t, &list)
	var labels []string
	for _, r := range list.Readers {
		if r.Card != nil {
			labels = append(labels, r.Card.Label)
		}
	}
	slices.Sort(labels)
	if want := []string{"MOEACA new", "MOEACA registered", "MOEACA staff", "MOICA new"}; !slices.Equal(labels, want) {
		t.Errorf("the cards are %q, want %q", labels, want)
	}
}
