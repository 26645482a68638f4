package portal_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// A replacing party has an account, a login card and a signing file in force.
type replacing struct {
	*portaltest.World
	party  verifier.PartyID
	card   *verifiertest.Identity
	file   *verifiertest.Identity
	client *portaltest.Client
}

func newReplacing(t testing.TB) *replacing {
	t.Helper()
	w := portaltest.NewWorld(t)
	r := &replacing{World: w, card: w.CompanyCard(brokerUBN)}
	r.party = w.Account(brokerUBN, r.card, noPassword)
	r.file, _ = signing(t, w, brokerUBN)
	r.client = w.LoggedInBy(r.party, r.card)
	return r
}

// of returns the registration of a certificate.
func (r *replacing) of(t testing.TB, i *verifiertest.Identity, usage registry.Usage) registry.Listed {
	t.Helper()
	listed, err := r.Store.ListedOf(t.Context(), r.party)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range slices.Backward(listed) {
		if l.Usage == usage && l.Certificate.Fingerprint() == r.Certificate(i).Fingerprint() {
			return l
		}
	}
	t.Fatalf("no registration of it in %d", len(listed))
	return registry.Listed{}
}

func (r *replacing) path(i *verifiertest.Identity, usage registry.Usage) string {
	return "/replace/" + fingerprint(r.World, i) + "/" + string(usage)
}

// confirm sends the preview.
func confirm(t testing.TB, c *portaltest.Client) portaltest.Page {
	t.Helper()
	preview := see(t, c.Get("/replace/preview"), http.StatusOK)
	digest := digestInput.FindStringSubmatch(preview.Text)
	if digest == nil {
		t.Fatalf("nothing to send: %s", body(preview.Text))
	}
	return c.Post("/replace/preview", "digest", digest[1], "go", "send")
}

func TestReplaceASigningCertificate(t *testing.T) {
	tests := []struct {
		overlap, date string
		until         func(now, expiry time.Time) time.Time
	}{
		{"30", "", func(now, _ time.Time) time.Time { return now.AddDate(0, 0, 30) }},
		{"expiry", "", func(_, expiry time.Time) time.Time { return expiry }},
		{"none", "", func(now, _ time.Time) time.Time { return now }},
		{"date", "tomorrow", func(now, _ time.Time) time.Time {
			y, m, d := now.In(time.FixedZone("", 8*3600)).Date()
			return time.Date(y, m, d+2, 0, 0, 0, 0, time.FixedZone("", 8*3600))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.overlap, func(t *testing.T) {
			r := newReplacing(t)
			see(t, r.client.Get("/replace"), http.StatusOK, "剩 364 天", "更換", "目前登入所用")
			path, successor := r.path(r.file, registry.Signing), r.CustomsFile(brokerUBN)
			see(t, r.client.Get(path), http.StatusOK, "既有憑證並存至", r.file.Parsed(t).Serial())
			date := ""
			if tt.date != "" {
				date = time.Now().In(time.FixedZone("", 8*3600)).AddDate(0, 0, 1).Format("2006-01-02")
			}
			led(t, r.client.Upload(path, "file", "new.cer", successor.DER(), "medium", "file", "overlap", tt.overlap, "date", date, "go", "next"), "/replace/preview")
			led(t, confirm(t, r.client), "/replace/done")
			see(t, r.client.Get("/replace/done"), http.StatusOK, "憑證更換完成", successor.Parsed(t).Serial(), "生效中")
			old, after := r.of(t, r.file, registry.Signing), r.of(t, successor, registry.Signing)
			if old.State != verifier.Superseded || old.Main || after.State != verifier.InForce || !after.Main || after.UsageType != old.UsageType {
				t.Errorf("old %s main %v, new %s main %v", old.State, old.Main, after.State, after.Main)
			}
			if want := tt.until(time.Now(), r.file.Certificate.NotAfter); old.Until.Sub(want).Abs() > time.Minute {
				t.Errorf("the old one counts until %v, want %v", old.Until, want)
			}
			audited := r.Audited(r.party)
			if !slices.Equal(audited[len(audited)-2:], []registry.AuditAction{"replaced", "registered"}) {
				t.Errorf("audited %v", audited)
			}
			entries, err := r.Store.AuditEntries(t.Context(), registry.AuditQuery{Party: r.party, Limit: 1})
			if err != nil || entries[0].Actor != registry.PartyActor(r.party) {
				t.Errorf("by %v, %v", entries, err)
			}
		})
	}
}

func TestReplaceTakesWhatCountsAlready(t *testing.T) {
	r := newReplacing(t)
	second, _ := signing(t, r.World, brokerUBN)
	path := r.path(r.file, registry.Signing)
	r.client.Get(path)
	led(t, r.client.Upload(path, "file", "new.cer", second.DER(), "medium", "file", "overlap", "7"), "/replace/preview")
	led(t, confirm(t, r.client), "/replace/done")
	old, after := r.of(t, r.file, registry.Signing), r.of(t, second, registry.Signing)
	if old.State != verifier.Superseded || after.State != verifier.InForce || !after.Main {
		t.Errorf("old %s, new %s main %v", old.State, after.State, after.Main)
	}
}

func TestReplaceRefuses(t *testing.T) {
	r := newReplacing(t)
	path, good := r.path(r.file, registry.Signing), r.CustomsFile(brokerUBN)
	r.client.Get(path)
	for _, tt := range []struct {
		name, want string
		file       []byte
		fields     []string
	}{
		{"the same", "這就是要更換的憑證", r.file.DER(), []string{"overlap", "7"}},
		{"no file", "請選擇憑證檔案", nil, []string{"overlap", "7"}},
		{"no overlap", "請填寫", good.DER(), nil},
		{"an unknown overlap", "請填寫", good.DER(), []string{"overlap", "3000"}},
		{"yesterday", "之間的日期", good.DER(), []string{"overlap", "date", "date", "2020-01-01"}},
		{"after its expiry", "之間的日期", good.DER(), []string{"overlap", "date", "date", "2099-01-01"}},
		{"no medium", "請填寫", good.DER(), []string{"medium", "tape", "overlap", "7"}},
		{"a login card's file", "IC卡", r.CitizenCard(personID).DER(), []string{"overlap", "7"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := r.client.Upload(path, "file", "new.cer", tt.file, append(slices.Clone(tt.fields), "medium", "file")...)
			see(t, page, http.StatusUnprocessableEntity, tt.want)
		})
	}
	led(t, r.client.Get("/replace/preview"), "/replace")
}

func TestReplaceExplainsWhatDoesNotBind(t *testing.T) {
	r := newReplacing(t)
	path, others := r.path(r.file, registry.Signing), r.CustomsFile(traderUBN)
	r.client.Get(path)
	led(t, r.client.Upload(path, "file", "new.cer", others.DER(), "medium", "file", "overlap", "7"), "/replace/preview")
	page := see(t, r.client.Get("/replace/preview"), http.StatusOK, "新憑證無法直接生效", "請先至「通關憑證註冊」匯入新憑證")
	if digestInput.MatchString(page.Text) {
		t.Error("it can be sent")
	}
}

func TestSecurityReplaceBindsNothingByDirectPost(t *testing.T) {
	r := newReplacing(t)
	path, others := r.path(r.file, registry.Signing), r.CustomsFile(traderUBN)
	r.client.Get(path)
	// A good one first, for a digest; then the draft changes beneath it.
	r.client.Upload(path, "file", "new.cer", r.CustomsFile(brokerUBN).DER(), "medium", "file", "overlap", "7")
	digest := digestInput.FindStringSubmatch(r.client.Get("/replace/preview").Text)[1]
	r.client.Upload(path, "file", "new.cer", others.DER(), "medium", "file", "overlap", "7")
	for _, d := range []string{digest, ""} {
		if page := r.client.Post("/replace/preview", "digest", d, "go", "send"); page.StatusCode == http.StatusSeeOther {
			t.Errorf("it was taken: %s", page.Location())
		}
	}
	if l := r.of(t, r.file, registry.Signing); l.State != verifier.InForce {
		t.Errorf("the old one is %s", l.State)
	}
}

func TestSecurityReplaceIsForCertificateSessionsOfTheParty(t *testing.T) {
	r := newReplacing(t)
	other := r.CompanyCard(traderUBN)
	stranger := r.LoggedInBy(r.Account(traderUBN, other, noPassword), other)
	password := r.LoggedIn(registry.Opening{LoginHolder: registry.LoginHolder{Party: r.party}, Strength: registry.ByPassword})
	path := r.path(r.file, registry.Signing)
	see(t, r.Visitor().Get("/replace"), http.StatusOK, "請先以憑證登入", "憑證登入")
	see(t, password.Get("/replace"), http.StatusOK, "您目前以密碼登入")
	for _, c := range []*portaltest.Client{r.Visitor(), password, stranger, r.Operator("olga")} {
		c.Get("/replace")
		c.Get("/why") // for a token
		for _, page := range []portaltest.Page{
			c.Get(path), c.Upload(path, "file", "a.cer", r.CustomsFile(brokerUBN).DER(), "medium", "file", "overlap", "none"),
			c.Post("/replace/preview", "go", "send"),
		} {
			if page.StatusCode == http.StatusOK || page.StatusCode == http.StatusSeeOther && strings.HasPrefix(page.Location(), "/replace/") {
				t.Errorf("%s %s: %d %s", page.Request.Method, page.Request.URL.Path, page.StatusCode, page.Location())
			}
		}
	}
	if l := r.of(t, r.file, registry.Signing); l.State != verifier.InForce {
		t.Errorf("the old one is %s", l.State)
	}
}

func TestReplaceALoginCard(t *testing.T) {
	for _, overlap := range []string{"30", "none"} {
		t.Run(overlap, func(t *testing.T) {
			r := newReplacing(t)
			path, fresh := r.path(r.card, registry.Login), r.CompanyCard(brokerUBN)
			page := see(t, r.client.Get(path), http.StatusOK, "登入憑證只能以卡片更換")
			led(t, r.client.Post(path, append(r.Signed(page, fresh), "overlap", overlap)...), "/replace/preview")
			led(t, confirm(t, r.client), "/replace/done")
			want := "目前的登入仍由原登入憑證維持"
			if overlap == "none" {
				want = "目前的登入由新卡延續"
			}
			see(t, r.client.Get("/replace/done"), http.StatusOK, want)
			if l := r.of(t, fresh, registry.Login); l.State != verifier.InForce || !l.Main {
				t.Errorf("the new one is %s, main %v", l.State, l.Main)
			}
			who, err := r.Store.LoginOf(t.Context(), r.Certificate(r.card).Fingerprint())
			if (err == nil && who.Party == r.party) != (overlap == "30") {
				t.Errorf("the old card lets in %v, %v", who, err)
			}
			if who, err := r.Store.LoginOf(t.Context(), r.Certificate(fresh).Fingerprint()); err != nil || who.Party != r.party {
				t.Errorf("the new card lets in %v, %v", who, err)
			}
			see(t, r.client.Get("/replace"), http.StatusOK, "剩 364 天")
		})
	}
}

func TestSecurityReplaceALoginCardByAnothers(t *testing.T) {
	r := newReplacing(t)
	path := r.path(r.card, registry.Login)
	citizen, other := r.CitizenCard(personID), r.CompanyCard(traderUBN)
	for name, pairs := range map[string]func(portaltest.Page) []string{
		"another company's": func(p portaltest.Page) []string { return r.Signed(p, other) },
		"a citizen's":       func(p portaltest.Page) []string { return r.Signed(p, citizen) },
		"no signature": func(p portaltest.Page) []string {
			s := r.Signed(p, r.CompanyCard(brokerUBN))
			s[5] = "AAAA"
			return s
		},
		"of another purpose": func(p portaltest.Page) []string {
			s := r.Signed(p, r.CompanyCard(brokerUBN))
			return append(r.SignedFor("login", r.Origin, s[1], r.CompanyCard(brokerUBN)), "x", "")
		},
		"an unbelieved issuer's": func(p portaltest.Page) []string {
			return r.Signed(p, unbelieved(t, r.World, verifiertest.CustomsHolder{BusinessID: brokerUBN, Ordinal: 9}))
		},
		"a file": func(portaltest.Page) []string { return []string{"medium", "file"} },
	} {
		page := r.client.Get(path)
		if got := r.client.Post(path, append(pairs(page), "overlap", "none")...); got.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.Location())
		}
	}
	if l := r.of(t, r.card, registry.Login); l.State != verifier.InForce {
		t.Errorf("the old one is %s", l.State)
	}
}

func TestSucceedKeepsItsRules(t *testing.T) {
	r := newReplacing(t)
	f := func(i *verifiertest.Identity) verifier.Fingerprint { return r.Certificate(i).Fingerprint() }
	for _, s := range []postgres.Succession{
		{Party: r.party, Usage: registry.Signing, Old: f(r.file), New: f(r.file)},
		{Party: r.party, Usage: registry.Signing, Old: f(r.file), New: f(r.card)},
		{Party: r.party, Usage: registry.Signing, Old: f(r.card), New: f(r.file)},
	} {
		if _, err := r.Store.Succeed(t.Context(), "operator:test", s); err == nil {
			t.Errorf("%+v succeeded", s)
		}
	}
	if l := r.of(t, r.file, registry.Signing); l.State != verifier.InForce || !l.Main {
		t.Errorf("it is %s, main %v", l.State, l.Main)
	}
}

func TestReplaceLooksRight(t *testing.T) {
	r := newReplacing(t)
	b := portaltest.NewBrowser(t, r.Origin)
	b.ScreenshotBoth("/replace", "replace-anonymous")
	b.LogIn(r.client)
	b.ScreenshotBoth("/replace", "replace")
	path := r.path(r.file, registry.Signing)
	b.ScreenshotBoth(r.path(r.card, registry.Login), "replace-login")
	b.ScreenshotBoth(path, "replace-new")
	file := filepath.Join(t.TempDir(), "TFD0372.cer")
	if err := os.WriteFile(file, r.CustomsFile(brokerUBN).DER(), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Click(`label[for="medium"]`)
	b.Choose("#file", file)
	b.Click(`label[for="overlap-date"]`)
	b.Wait("#date")
	b.Screenshot("replace-date-zh")
	b.Click(`label[for="overlap-30"]`)
	b.Submit()
	b.ScreenshotBoth("/replace/preview", "replace-preview")
	b.Submit()
	b.ScreenshotBoth("/replace/done", "replace-done")
}
