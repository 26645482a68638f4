package portal_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
)

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	origin := sample(t, portaltest.NewMemory())
	for _, path := range []string{"/", "/centre", "/sample", "/nowhere", "/sample/panic", "/assets/none.css", "/manual/download", "/logout"} {
		page := portaltest.NewClient(t, origin).Get(path)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
				"connect-src 'self' ws://127.0.0.1:61162 ws://localhost:61162; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"Referrer-Policy":              "same-origin",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Cache-Control":                "no-store",
			"Strict-Transport-Security":    "",
		} {
			if got := page.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if page.Header.Get("Permissions-Policy") == "" {
			t.Errorf("%s: no Permissions-Policy", path)
		}
	}
}

func TestAssetsAreKeptForEver(t *testing.T) {
	client := portaltest.NewClient(t, sample(t, portaltest.NewMemory()))
	urls := regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(client.Get("/sample").Text, -1)
	if len(urls) < 5 {
		t.Fatalf("only %d assets on the page", len(urls))
	}
	for _, url := range urls {
		page := client.Get(url[1])
		if page.StatusCode != http.StatusOK || !strings.Contains(page.Header.Get("Cache-Control"), "immutable") || page.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d, %v", url[1], page.StatusCode, page.Header)
		}
	}
}

func TestPostsNeedTheSessionsToken(t *testing.T) {
	origin := sample(t, portaltest.NewMemory())
	good := []string{"email", "a@b.example", "choice", "a"}
	client := portaltest.NewClient(t, origin)
	token := client.Get("/sample").CSRF()
	if page := client.Post("/sample", good...); page.StatusCode != http.StatusSeeOther {
		t.Fatalf("a good form gave %d", page.StatusCode)
	}
	stranger := portaltest.NewClient(t, origin)
	foreign := stranger.Get("/sample").CSRF()
	if foreign == token {
		t.Fatal("two sessions have one token")
	}
	for _, tt := range []struct{ name, token string }{{"none", ""}, {"a foreign one", foreign}, {"half", token[:20]}} {
		if page := client.Post("/sample", append(good, "csrf", tt.token)...); page.StatusCode != http.StatusForbidden {
			t.Errorf("with %s: %d, want 403", tt.name, page.StatusCode)
		}
	}
	if page := portaltest.NewClient(t, origin).Post("/sample", append(good, "csrf", token)...); page.StatusCode != http.StatusForbidden {
		t.Errorf("without a session: %d, want 403", page.StatusCode)
	}
}

func TestForeignOriginsAreRefused(t *testing.T) {
	origin := sample(t, portaltest.NewMemory())
	client := portaltest.NewClient(t, origin)
	token := client.Get("/sample").CSRF()
	for _, tt := range []struct {
		name, header, value string
		want                int
	}{
		{"our own origin", "Origin", origin, http.StatusSeeOther},
		{"another origin", "Origin", "https://evil.example", http.StatusForbidden},
		{"no origin that is said", "Origin", "null", http.StatusForbidden},
		{"a browser says so", "Sec-Fetch-Site", "cross-site", http.StatusForbidden},
		{"a neighbour", "Sec-Fetch-Site", "same-site", http.StatusForbidden},
	} {
		request, err := http.NewRequest(http.MethodPost, origin+"/sample", strings.NewReader("email=a&choice=a&csrf="+token))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set(tt.header, tt.value)
		if page := client.Do(request); page.StatusCode != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, page.StatusCode, tt.want)
		}
	}
}

// TestCookies looks at them over http and as https would have them.
func TestCookies(t *testing.T) {
	for _, tt := range []struct {
		origin, name string
		secure       bool
	}{{"http://127.0.0.1:1", "session", false}, {"https://portal.example", "__Host-session", true}} {
		handler, err := portal.NewSample(portaltest.Config(tt.origin), portaltest.NewMemory(), os.DirFS("testdata/sample"))
		if err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/sample?lang=en", nil))
		if hsts := answer.Header().Get("Strict-Transport-Security"); (hsts != "") != tt.secure {
			t.Errorf("%s: HSTS is %q", tt.origin, hsts)
		}
		found := false
		for _, cookie := range answer.Result().Cookies() {
			found = found || cookie.Name == tt.name
			if !cookie.HttpOnly || cookie.Secure != tt.secure || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" ||
				strings.HasPrefix(cookie.Name, "__Host-") != tt.secure {
				t.Errorf("%s: %v", tt.origin, cookie)
			}
		}
		if !found {
			t.Errorf("%s: no cookie %s", tt.origin, tt.name)
		}
	}
}

// TestSessionsBeginWhenNeeded: pages without a form open none, so that whoever only
// looks costs no row.
func TestSessionsBeginWhenNeeded(t *testing.T) {
	memory := portaltest.NewMemory()
	client := portaltest.NewClient(t, sample(t, memory))
	for _, path := range []string{"/", "/centre", "/manual", "/nowhere"} {
		client.Get(path)
	}
	if n := memory.Begun(); n != 0 {
		t.Errorf("%d sessions after looking", n)
	}
	client.Get("/sample")
	client.Get("/sample")
	if n := memory.Begun(); n != 1 {
		t.Errorf("%d sessions after two forms, want 1", n)
	}
}

func TestLoginChangesTheCookieAndLogoutEndsIt(t *testing.T) {
	memory := portaltest.NewMemory()
	client := portaltest.NewClient(t, sample(t, memory))
	if page := client.Get("/sample/certified"); page.Location() != "/login?next=/centre" {
		t.Errorf("anonymous: %d %s, want the login", page.StatusCode, page.Location())
	}
	before := client.Get("/sample").CSRF()
	client.Post("/sample/login", "strength", "password")
	if after := client.Get("/sample").CSRF(); after == before {
		t.Error("the session's token is the same after the login")
	}
	if page := client.Get("/sample/certified"); page.StatusCode != http.StatusForbidden {
		t.Errorf("by password: %d, want 403", page.StatusCode)
	}
	client.Post("/sample/login", "strength", "certificate")
	if page := client.Get("/sample/certified"); page.StatusCode != http.StatusOK {
		t.Errorf("by certificate: %d, want 200", page.StatusCode)
	}
	if page := client.Get("/sample/staff"); page.StatusCode != http.StatusNotFound {
		t.Errorf("a party among staff: %d, want 404", page.StatusCode)
	}
	if page := client.Post("/logout"); page.Location() != "/" {
		t.Errorf("logout: %d", page.StatusCode)
	}
	if page := client.Get("/"); !strings.Contains(page.Text, "您已登出。") {
		t.Error("nothing says that one is logged out")
	}
	if page := client.Get("/"); strings.Contains(page.Text, "您已登出。") {
		t.Error("it is said twice")
	}
	if memory.Begun() != 0 {
		t.Error("the session is still there")
	}
}

func TestLanguages(t *testing.T) {
	origin := sample(t, portaltest.NewMemory())
	for _, tt := range []struct{ accept, want string }{
		{"", "zh-Hant-TW"}, {"zh-TW,zh;q=0.9,en;q=0.8", "zh-Hant-TW"}, {"zh-CN", "zh-Hant-TW"}, {"en-GB,en;q=0.9,zh;q=0.1", "en"},
		{"fr,en;q=0.5", "en"}, {"ja", "zh-Hant-TW"}, {"\x01;;", "zh-Hant-TW"},
	} {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header.Set("Accept-Language", tt.accept)
		answer := httptest.NewRecorder()
		handler, err := portal.New(portaltest.Config("http://127.0.0.1:1"), portaltest.NewMemory())
		if err != nil {
			t.Fatal(err)
		}
		handler.Handler().ServeHTTP(answer, request)
		if !strings.Contains(answer.Body.String(), `<html lang="`+tt.want+`">`) {
			t.Errorf("%q isn't answered in %s", tt.accept, tt.want)
		}
	}
	client := portaltest.NewClient(t, origin)
	if page := client.Get("/centre"); !strings.Contains(page.Text, `href="/centre?lang=en"`) {
		t.Error("the switch leaves the page")
	}
	for path, kept := range map[string]string{
		"/sample?next=/import":                     "/sample?lang=en&amp;next=/import",
		"/sample?next=/certificates/mine/x&a=b":    "/sample?lang=en&amp;next=/certificates/mine",
		"/sample?next=//evil.example":              "/sample?lang=en&amp;next=/", // our own home
		"/sample?next=https://evil.example/import": "/sample?lang=en",
		"/sample?next=%22%3E":                      "/sample?lang=en",
	} {
		if page := client.Get(path); !strings.Contains(page.Text, `<a href="`+kept+`" hreflang`) {
			t.Errorf("%s doesn't lead to %s in the other language", path, kept)
		}
	}
	client.Get("/centre?lang=en")
	if page := client.Get("/manual"); !strings.Contains(page.Text, `<html lang="en">`) {
		t.Error("the language isn't kept")
	}
	client.Get("/centre?lang=zh")
	if page := client.Get("/manual?lang=xx"); !strings.Contains(page.Text, `<html lang="zh-Hant-TW">`) {
		t.Error("the language isn't switched back")
	}
}

// A syncBuffer is a log that may be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestFailures(t *testing.T) {
	memory := portaltest.NewMemory()
	memory.Wait = 61 * time.Second
	var log syncBuffer
	origin := sample(t, memory, func(cfg *portal.Config) { cfg.Log = slog.New(slog.NewJSONHandler(&log, nil)) })
	client := portaltest.NewClient(t, origin)
	client.Get("/sample")
	tests := []struct {
		name   string
		page   portaltest.Page
		status int
		says   []string
	}{
		{"an unknown page", client.Get("/secret-A123456789"), 404, []string{"找不到網頁", "Page not found"}},
		{"a GET of what is posted", client.Get("/logout"), 405, []string{"不支援此操作方式"}},
		{"a large form", client.Post("/sample", "email", strings.Repeat("a", 300<<10)), 413, []string{"送出的資料太大"}},
		{"a large file", client.Upload("/sample", "file", "a.cer", make([]byte, 300<<10)), 413, []string{"送出的資料太大"}},
		{"a throttled one", client.Get("/sample/throttled"), 429, []string{"操作過於頻繁", "請於 2 分鐘後再試。"}},
		{"a panic", client.Get("/sample/panic"), 500, []string{"系統發生錯誤", "Something went wrong"}},
	}
	for _, tt := range tests {
		if tt.page.StatusCode != tt.status {
			t.Errorf("%s: %d, want %d", tt.name, tt.page.StatusCode, tt.status)
		}
		for _, words := range tt.says {
			if !strings.Contains(tt.page.Text, words) {
				t.Errorf("%s doesn't say %s", tt.name, words)
			}
		}
	}
	if allow := tests[1].page.Header.Get("Allow"); allow != "POST" {
		t.Errorf("405 allows %q", allow)
	}
	if retry := tests[4].page.Header.Get("Retry-After"); retry != "61" {
		t.Errorf("429 says Retry-After %q", retry)
	}
	memory.Fail(errors.New("the database is down"))
	if page := client.Get("/sample"); page.StatusCode != http.StatusServiceUnavailable || strings.Contains(page.Text, "database") {
		t.Errorf("without a database: %d", page.StatusCode)
	}
	if strings.Contains(log.String(), "A123456789") || !strings.Contains(log.String(), "the database is down") || !strings.Contains(log.String(), `"status":404`) {
		t.Errorf("the log holds a path or a panic's value, or lacks an error:\n%s", log.String())
	}
}

func TestRequestsAreCountedByRoute(t *testing.T) {
	metrics := prometheus.NewRegistry()
	cfg := portaltest.Config("http://127.0.0.1:1")
	cfg.Metrics = metrics
	p, err := portal.New(cfg, portaltest.NewMemory())
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range []*http.Request{
		httptest.NewRequest(http.MethodGet, "/centre?q=A123456789", nil),
		httptest.NewRequest(http.MethodGet, "/nowhere", nil),
		httptest.NewRequest("BREW", "/centre", nil),
	} {
		p.Handler().ServeHTTP(httptest.NewRecorder(), request)
	}
	want := `
# HELP turnkey_portal_requests_total Requests answered, by pattern of the route (none where nothing matched), method and class of status.
# TYPE turnkey_portal_requests_total counter
turnkey_portal_requests_total{method="GET",route="GET /centre",status="2xx"} 1
turnkey_portal_requests_total{method="GET",route="none",status="4xx"} 1
turnkey_portal_requests_total{method="other",route="none",status="4xx"} 1
`
	if err := testutil.GatherAndCompare(metrics, strings.NewReader(want), "turnkey_portal_requests_total"); err != nil {
		t.Error(err)
	}
}

func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	for _, tt := range []struct {
		name, forwarded string
		trusted         []netip.Prefix
		want            string
	}{
		{"nobody is trusted", "198.51.100.1", nil, "127.0.0.1"},
		{"one proxy", "198.51.100.1", trusted, "198.51.100.1"},
		{"two proxies", "198.51.100.1, 10.1.2.3", trusted, "198.51.100.1"},
		{"a visitor who lies", "203.0.113.9, 198.51.100.1", trusted, "198.51.100.1"},
		{"IPv6 by subscriber", "2001:db8:1:2:3::4", trusted, "2001:db8:1:2::/64"},
		{"nonsense", "unknown", trusted, "127.0.0.1"},
		{"nothing", "", trusted, "127.0.0.1"},
	} {
		client := portaltest.NewClient(t, sample(t, portaltest.NewMemory(), func(cfg *portal.Config) { cfg.TrustedProxies = tt.trusted }))
		request, err := http.NewRequest(http.MethodGet, client.Origin+"/sample/client", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Forwarded-For", tt.forwarded)
		if got := client.Do(request).Header.Get("X-Client"); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestFormsAreShownAgainWithTheirProblems(t *testing.T) {
	client := portaltest.NewClient(t, sample(t, portaltest.NewMemory()))
	client.Get("/sample")
	page := client.Post("/sample", "email", "  ", "account", `"><script>alert(1)</script>`, "password", "hunter2")
	if page.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("status %d, want 422", page.StatusCode)
	}
	for _, want := range []string{"<title>錯誤：", `<a href="#email">請填寫「信箱：」</a>`, `aria-describedby="email-hint email-error" aria-invalid="true"`, `<a href="#choice">`} {
		if !strings.Contains(page.Text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page.Text, "hunter2") || strings.Contains(page.Text, "<script>alert") {
		t.Error("the page shows a password, or runs what was entered")
	}
	page = client.Upload("/sample", "file", "a.cer", []byte("MII"), "email", "a@b.example", "choice", "a")
	if got := page.Header.Get("X-Uploaded"); got != "a.cer=MII" {
		t.Errorf("uploaded %q", got)
	}
	if page := client.Get("/sample/message"); !strings.Contains(page.Text, `role="status"`) || !strings.Contains(page.Text, "&lt;中文&gt;") {
		t.Error("a message of the registry isn't shown, or not escaped")
	}
}

func TestAChallengeIsUsedOnce(t *testing.T) {
	client := portaltest.NewClient(t, sample(t, portaltest.NewMemory()))
	page := client.Get("/sample")
	nonce := regexp.MustCompile(`data-nonce="([^"]+)"`).FindStringSubmatch(page.Text)
	proof := []string{"card_certificate", "TUlJ", "card_signature", "c2ln", "card_nonce", nonce[1]}
	if page := client.Post("/sample/check", proof...); !strings.Contains(page.Text, `"ok":true`) || !strings.Contains(page.Text, "TUlJ") {
		t.Errorf("a good proof: %s", page.Text)
	}
	if page := client.Post("/sample/check", proof...); !strings.Contains(page.Text, `"ok":false`) {
		t.Errorf("the same again: %s", page.Text)
	}
}

// TestManualIsOneFile: what is downloaded needs nothing else.
func TestManualIsOneFile(t *testing.T) {
	client := portaltest.NewClient(t, sample(t, portaltest.NewMemory()))
	page := client.Get("/manual/download")
	if !strings.Contains(page.Header.Get("Content-Disposition"), `attachment; filename="registration-manual-zh.html"`) || !strings.Contains(page.Text, "<style>") ||
		strings.Contains(page.Text, "/assets/") || strings.Contains(page.Text, "<script") || !strings.Contains(page.Text, "三、註冊相關問題") {
		t.Errorf("%v %.300s", page.Header, page.Text)
	}
}

func TestTimesAreTaipeis(t *testing.T) {
	moment := time.Date(2016, 5, 29, 16, 30, 0, 0, time.UTC)
	if got := portal.Date(moment); got != "2016/05/30" {
		t.Errorf("Date = %s", got)
	}
	if got := portal.DateTime(moment); got != "2016/05/30 00:30 (UTC+8)" {
		t.Errorf("DateTime = %s", got)
	}
}

func TestConfigIsRefused(t *testing.T) {
	for _, origin := range []string{"", "portal.example", "ftp://portal.example", "https://portal.example/", "https://user@portal.example"} {
		if _, err := portal.New(portaltest.Config(origin), portaltest.NewMemory()); err == nil {
			t.Errorf("origin %q is taken", origin)
		}
	}
}
