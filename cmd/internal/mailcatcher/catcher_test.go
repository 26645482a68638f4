package mailcatcher_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/cmd/internal/mailcatcher"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/outbox"
)

func start(t *testing.T) (*mailcatcher.Catcher, *outbox.Mailer, *httptest.Server) {
	t.Helper()
	c, err := mailcatcher.Start(mailcatcher.Config{Origin: "http://127.0.0.1:8080"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	m, err := outbox.NewMailer(outbox.SMTP{Server: c.Addr(), TLS: outbox.NoTLS, From: "關港貿單一窗口 <no-reply@portal.example>"})
	if err != nil {
		t.Fatal(err)
	}
	page := httptest.NewServer(c.Handler())
	t.Cleanup(page.Close)
	return c, m, page
}

func get(t *testing.T, url string) (string, *http.Response) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), response
}

func TestMailIsCaughtAndShown(t *testing.T) {
	c, m, page := start(t)
	if list, _ := get(t, page.URL); !strings.Contains(list, "No mail yet") {
		t.Errorf("an empty list is\n%s", list)
	}
	sent := registry.Mail{
		To: "holder@example.test", Subject: "憑證 <b>將到期</b>",
		Text: "您好：\n\nhttp://127.0.0.1:8080/forgot/set#token\nhttp://127.0.0.1:8080.evil.example/\n<script>alert(1)</script>\n",
	}
	if err := m.Send(t.Context(), sent); err != nil {
		t.Fatal(err)
	}
	got := c.Mails()
	if len(got) != 1 || got[0].To != sent.To || got[0].From != "no-reply@portal.example" || got[0].Subject != sent.Subject || strings.TrimSpace(got[0].Text) != strings.TrimSpace(sent.Text) {
		t.Fatalf("caught %+v", got)
	}
	list, _ := get(t, page.URL)
	mail, response := get(t, page.URL+"/mails/1")
	for _, text := range []string{list, mail} {
		if !strings.Contains(text, "憑證 &lt;b&gt;將到期&lt;/b&gt;") || strings.Contains(text, "<script") || strings.Contains(text, "style=") {
			t.Errorf("page is\n%s", text)
		}
	}
	if strings.Count(mail, `<a href="http`) != 1 || !strings.Contains(mail, `<a href="http://127.0.0.1:8080/forgot/set#token">`) {
		t.Errorf("links of\n%s", mail)
	}
	if csp := response.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'self';") {
		t.Errorf("policy %q", csp)
	}
	if _, response := get(t, page.URL+"/style.css"); response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/css") {
		t.Errorf("style: %s", response.Status)
	}
	for _, path := range []string{"/mails/2", "/mails/x", "/page/list.html"} {
		if _, response := get(t, page.URL+path); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, response.Status)
		}
	}
}

func TestOnlyTheLastMailsAreKept(t *testing.T) {
	c, m, _ := start(t)
	for range 203 {
		if err := m.Send(t.Context(), registry.Mail{To: "holder@example.test", Subject: "x", Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.Mails(); len(got) != 200 || got[0].ID != 203 || got[199].ID != 4 {
		t.Errorf("%d mails, from %d to %d", len(got), got[0].ID, got[len(got)-1].ID)
	}
	if err := m.Send(t.Context(), registry.Mail{To: "holder@example.test", Subject: "x", Text: strings.Repeat("x", 1<<20)}); err == nil {
		t.Error("a mail of 1 MiB was taken")
	}
}

func TestCatcherIsForThisMachineOnly(t *testing.T) {
	for _, listen := range []string{":0", "0.0.0.0:0"} {
		if c, err := mailcatcher.Start(mailcatcher.Config{Listen: listen}); err == nil {
			c.Close(t.Context())
			t.Errorf("it listens on %s", listen)
		}
	}
}
