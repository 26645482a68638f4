package portal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge/cardtest"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/registry/rediscache"
	"turnkey-gateway/registry/rediscache/redistest"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/registry/relay"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// A journey is somebody's way through the portal in one language, with a real browser and
// the real agent over SoftHSM2. A relay carries what it changes to a Redis, from which
// gateways read. Each step asserts what the page says, the rows it made, what was audited
// and what Redis holds, and files a picture.
type journey struct {
	*portaltest.World
	registerBrowser

	t    *testing.T
	name string
	lang string
	box  *cardtest.Box

	cache    *rediscache.Reader
	party    verifier.PartyID
	words    map[string]map[string]string
	audited  int64    // id of the last entry that was asserted
	pictures []string // filed so far
}

// inBothLanguages takes a journey twice, each time in a world of its own.
func inBothLanguages(t *testing.T, name string, takes func(*journey)) {
	for _, lang := range []string{"zh", "en"} {
		t.Run(lang, func(t *testing.T) {
			j := &journey{t: t, name: name, lang: lang, box: cardtest.NewBox(t, cardtest.Habits{Tries: 3}), words: make(map[string]map[string]string)}
			j.World = portaltest.NewWorld(t, func(cfg *portal.Config) {
				_, port, err := net.SplitHostPort(j.box.Start(t, cfg.Origin).Address)
				if err == nil {
					cfg.AgentPort, err = strconv.Atoi(port)
				}
				if err != nil {
					t.Fatal(err)
				}
			})
			eachFile(t, portal.WordFiles, "words", func(_ string, text []byte) {
				if err := json.Unmarshal(text, &j.words); err != nil {
					t.Fatal(err)
				}
			})
			j.relay()
			j.window()
			takes(j)
			j.ends()
		})
	}
}

// window opens a browser of somebody who was never there.
func (j *journey) window() {
	j.t.Helper()
	j.registerBrowser = registerBrowser{portaltest.NewBrowser(j.t, j.World.Origin)}
	j.Goto("/centre?lang=" + j.lang)
}

// relay starts what cmd/portal runs beside the site, and a gateway's reader.
func (j *journey) relay() {
	j.t.Helper()
	server := redistest.Start(j.t)
	client := rediscache.NewClient([]string{server.Addr}, time.Second)
	j.t.Cleanup(func() { client.Close() })
	keys := rediscache.NewKeys("")
	j.cache = rediscache.NewReader(rediscache.ReaderConfig{Client: client, Keys: keys, Key: registrytest.CacheKey(), Timeout: time.Second})
	r := relay.New(relay.Config{
		Registry: j.Store.Reader, Writer: rediscache.NewWriter(client, keys, registrytest.CacheKey(), time.Second),
		Session: j.Pool.Config().ConnConfig, Log: slog.New(slog.DiscardHandler),
	})
	ctx, stop := context.WithCancel(j.t.Context())
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx) })
	j.t.Cleanup(func() { stop(); running.Wait() })
}

// say is what the portal says under a key in the journey's language.
func (j *journey) say(key string, args ...any) string {
	j.t.Helper()
	text := j.words[key][j.lang]
	if text == "" {
		j.t.Fatalf("no words %s", key)
	}
	for i, arg := range args {
		text = strings.ReplaceAll(text, fmt.Sprintf("{%d}", i+1), fmt.Sprint(arg))
	}
	return text
}

// sees asserts that the page's main part says something, and files how it looks, once under
// a name.
func (j *journey) sees(picture string, words ...string) {
	j.t.Helper()
	text := j.Text("main")
	for _, want := range words {
		if !strings.Contains(text, want) {
			j.t.Errorf("%s: the page doesn't say %q: %s", picture, want, text)
		}
	}
	if slices.Contains(j.pictures, picture) {
		return
	}
	j.pictures = append(j.pictures, picture)
	j.Picture(fmt.Sprintf("journey-%s-%02d-%s-%s", j.name, len(j.pictures), picture, j.lang))
}

// done asserts the message at the top of the page.
func (j *journey) done(picture, key string, words ...string) {
	j.t.Helper()
	if said := j.Text("main .notice-success p"); said != j.say(key) {
		j.t.Errorf("%s: at the top stands %q, want %q", picture, said, j.say(key))
	}
	j.sees(picture, words...)
}

// audits asserts exactly what was audited since it was asked last: each an actor and an
// action, with its detail if there is one. All of it is about the journey's party, or
// about nobody.
func (j *journey) audits(want ...string) {
	j.t.Helper()
	entries, err := j.Store.AuditEntries(j.t.Context(), registry.AuditQuery{Limit: 1000})
	if err != nil {
		j.t.Fatal(err)
	}
	var got []string
	for _, e := range slices.Backward(entries) {
		if e.ID <= j.audited {
			continue
		}
		j.audited = e.ID
		who, _, _ := strings.Cut(string(e.Actor), ":")
		got = append(got, strings.TrimSpace(who+" "+string(e.Action)+" "+e.Detail))
		if e.Party != j.party && e.Party != "" {
			j.t.Errorf("%s is noted about %s, who isn't %s", e.Action, e.Party, j.party)
		}
		if who == "party" && e.Actor != registry.PartyActor(j.party) {
			j.t.Errorf("%s was done by %s, who isn't %s", e.Action, e.Actor, j.party)
		}
	}
	if !slices.Equal(got, want) {
		j.t.Errorf("audited %q, want %q", got, want)
	}
}

// A standing is where a certificate stands.
type standing struct {
	i     *verifiertest.Identity
	state verifier.RegistrationState
}

// caches waits until Redis holds the account's snapshot with these signing registrations,
// and no others.
func (j *journey) caches(account string, want ...standing) {
	j.t.Helper()
	var wanted, got []string
	for _, s := range want {
		wanted = append(wanted, string(s.state)+" "+fingerprint(j.World, s.i))
	}
	slices.Sort(wanted)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		entries, err := j.cache.Read(j.t.Context(), []registry.LookupHash{registrytest.LookupKey().Account(account)})
		if err != nil {
			j.t.Fatal(err)
		}
		if s := entries[0].Snapshot; s != nil {
			got = nil
			for _, row := range s.Registrations {
				got = append(got, string(row.State)+" "+row.Fingerprint.String())
			}
			if slices.Sort(got); s.Party == j.party && slices.Equal(got, wanted) {
				return
			}
		}
	}
	j.t.Errorf("Redis holds %q of the account, want %q", got, wanted)
}

// row asserts one registration of the journey's party.
func (j *journey) row(i *verifiertest.Identity, usage registry.Usage, state verifier.RegistrationState, main bool) registry.Listed {
	j.t.Helper()
	l := one(j.t, j.World, i, usage)
	if l.Party != j.party || l.State != state || l.Main != main {
		j.t.Errorf("%s for %s: %s of %s, main %v; want %s of %s, main %v", l.Kind, usage, l.State, l.Party, l.Main, state, j.party, main)
	}
	return l
}

// file is an identity's certificate as people keep it.
func (j *journey) file(i *verifiertest.Identity) string {
	j.t.Helper()
	path := filepath.Join(j.t.TempDir(), "TEST1234.cer")
	if err := os.WriteFile(path, i.DER(), 0o600); err != nil {
		j.t.Fatal(err)
	}
	return path
}

// holds changes what is in the readers.
func (j *journey) holds(cards ...cardtest.Card) {
	j.t.Helper()
	j.box.Empty(j.t)
	for _, card := range cards {
		j.box.Insert(j.t, card)
	}
}

// reads enters the PIN.
func (j *journey) reads() {
	j.Fill("#pin", cardtest.DefaultPIN)
	j.Click("[data-card-load]")
}

// picks chooses among several cards, by label.
func (j *journey) picks(label string) {
	j.t.Helper()
	picked := portaltest.Eval[bool](j.Browser, fmt.Sprintf(`((select, label) => {
		const option = [...select.options].find(o => o.text.startsWith(label));
		if (option) select.value = option.value;
		select.dispatchEvent(new Event("change", { bubbles: true }));
		return !!option;
	})(document.querySelector("#card-slot"), %q)`, label))
	if !picked {
		j.t.Fatalf("there is no card %s to choose", label)
	}
}

// logsIn logs in by the card in the reader, and lands where it was going.
func (j *journey) logsIn(next, lands string) {
	j.t.Helper()
	j.Goto("/login?next=" + next)
	j.reads() // the form goes by itself then
	j.Wait(".notice-success")
	if path := j.Path(); path != lands {
		j.t.Errorf("the login led to %s, want %s", path, lands)
	}
	j.done("logged-in", "login.done")
}

// logsOut ends the session.
func (j *journey) logsOut() {
	j.t.Helper()
	if status := j.Follow(`.top form button`); status != 200 || j.Path() != "/" {
		j.t.Errorf("logged out to %s, %d", j.Path(), status)
	}
	if said := j.Text(".notice-success"); said != j.say("site.logged_out") {
		j.t.Errorf("it says %q", said)
	}
	if open := value[int](j.t, j.World, "SELECT count(*) FROM sessions WHERE party IS NOT NULL OR operator IS NOT NULL"); open != 0 {
		j.t.Errorf("%d sessions are still logged in", open)
	}
}

// ends asserts what holds of every journey.
func (j *journey) ends() {
	j.t.Helper()
	report, err := j.Store.VerifyAudit(j.t.Context(), nil)
	if err != nil || report.Broken != 0 || report.Entries != j.audited {
		j.t.Errorf("the audit log: %+v, %v; asserted %d entries", report, err, j.audited)
	}
	for _, octets := range j.box.Signed(j.t) {
		if !strings.HasPrefix(string(octets), "turnkey-login-v1\x00") || !strings.Contains(string(octets), "\x00"+j.World.Origin+"\x00") {
			j.t.Errorf("a card was given %q to sign", octets)
		}
	}
	for _, secret := range []string{cardtest.DefaultPIN, goodWord, loginPassword, resetPassword, broker, somebody, someEmail, "王小明"} {
		if strings.Contains(j.Log(), secret) {
			j.t.Errorf("the portal's log holds %s", secret)
		}
	}
}
