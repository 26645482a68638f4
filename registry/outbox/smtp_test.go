package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/outbox"
)

var sample = registry.Mail{To: "holder@example.test", Subject: "憑證將於 2027/01/02 到期", Text: "您好：\n.\n　序號：4ECFCBA3\n"}

func mailer(t *testing.T, cfg outbox.SMTP) *outbox.Mailer {
	t.Helper()
	if cfg.From == "" {
		cfg.From = "關港貿單一窗口 <no-reply@portal.example>"
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 20 * time.Second
	}
	m, err := outbox.NewMailer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMailArrivesAsWritten(t *testing.T) {
	now := time.Date(2026, 11, 3, 9, 0, 0, 0, time.FixedZone("", 8*3600))
	tests := []struct {
		name   string
		mode   serverMode
		policy outbox.TLSPolicy
		login  string // mechanism
	}{
		{"STARTTLS by default", withStartTLS, "", ""},
		{"STARTTLS, logged in", withStartTLS, outbox.StartTLS, sasl.Plain},
		{"STARTTLS, logged in by LOGIN", withStartTLS, outbox.StartTLS, sasl.Login},
		{"TLS", withTLS, outbox.TLS, ""},
		{"TLS, logged in", withTLS, outbox.TLS, sasl.Plain},
		{"none", plain, outbox.NoTLS, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := startMailServer(t, tt.mode, func(s *mailServer) { s.mechanisms = []string{"XOAUTH2", tt.login} })
			cfg := outbox.SMTP{Server: server.addr, TLS: tt.policy, RootCAs: server.roots, Now: func() time.Time { return now }}
			if tt.login != "" {
				cfg.User, cfg.Password = mailUser, mailPassword
			}
			if err := mailer(t, cfg).Send(t.Context(), sample); err != nil {
				t.Fatal(err)
			}
			got := server.received()
			if len(got) != 1 {
				t.Fatalf("%d mails", len(got))
			}
			if got[0].secured != (tt.mode != plain) || got[0].user != cfg.User {
				t.Errorf("secured %v, logged in as %q", got[0].secured, got[0].user)
			}
			if got[0].from != "no-reply@portal.example" || len(got[0].to) != 1 || got[0].to[0] != sample.To {
				t.Errorf("from %s to %s", got[0].from, got[0].to)
			}
			checkMail(t, got[0].text, now)
		})
	}
}

func checkMail(t *testing.T, text []byte, now time.Time) {
	t.Helper()
	for i, b := range text {
		if b >= 0x80 {
			t.Fatalf("byte %d isn't ASCII, which not every server takes", i)
		}
	}
	reader, err := mail.CreateReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	from, _ := reader.Header.AddressList("From")
	to, _ := reader.Header.AddressList("To")
	subject, _ := reader.Header.Subject()
	date, _ := reader.Header.Date()
	id, _ := reader.Header.MessageID()
	if len(from) != 1 || from[0].Name != "關港貿單一窗口" || len(to) != 1 || to[0].Address != sample.To || subject != sample.Subject || !date.Equal(now) {
		t.Errorf("from %v, to %v, subject %q, date %v", from, to, subject, date)
	}
	if !strings.HasSuffix(id, "@portal.example") || len(id) < 30 {
		t.Errorf("message id %q", id)
	}
	if got := reader.Header.Get("Auto-Submitted"); got != "auto-generated" {
		t.Errorf("auto-submitted %q", got)
	}
	known := "From To Subject Date Message-Id Mime-Version Auto-Submitted X-Auto-Response-Suppress Content-Type Content-Transfer-Encoding"
	for fields := reader.Header.Fields(); fields.Next(); {
		if !strings.Contains(known, fields.Key()) {
			t.Errorf("there is a header %s", fields.Key())
		}
	}
	part, err := reader.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(part.Body); err != nil {
		t.Fatal(err)
	}
	if got := strings.ReplaceAll(body.String(), "\r\n", "\n"); strings.TrimRight(got, "\n") != strings.TrimRight(sample.Text, "\n") {
		t.Errorf("text is %q", got)
	}
	if kind := part.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain; charset=UTF-8") {
		t.Errorf("content type %q", kind)
	}
}

func TestMailIsNotSentUnprotected(t *testing.T) {
	tests := []struct {
		name   string
		mode   serverMode
		policy outbox.TLSPolicy
		edit   func(*outbox.SMTP)
	}{
		{"a server without STARTTLS", plain, outbox.StartTLS, nil},
		{"a server without TLS", plain, outbox.TLS, nil},
		{"a certificate nobody knows", withStartTLS, outbox.StartTLS, func(c *outbox.SMTP) { c.RootCAs = nil }},
		{"a certificate nobody knows, TLS", withTLS, outbox.TLS, func(c *outbox.SMTP) { c.RootCAs = nil }},
		{"a certificate for another host", withStartTLS, outbox.StartTLS, func(c *outbox.SMTP) {
			_, port, _ := net.SplitHostPort(c.Server)
			c.Server = net.JoinHostPort("localhost", port)
		}},
		{"a wrong password", withStartTLS, outbox.StartTLS, func(c *outbox.SMTP) { c.User, c.Password = "portal-user", "hunter2" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := startMailServer(t, tt.mode)
			cfg := outbox.SMTP{Server: server.addr, TLS: tt.policy, RootCAs: server.roots, Timeout: 3 * time.Second}
			if tt.edit != nil {
				tt.edit(&cfg)
			}
			err := mailer(t, cfg).Send(t.Context(), sample)
			var failure *outbox.Failure
			if !errors.As(err, &failure) || failure.ThisMail || failure.Final {
				t.Fatalf("got %#v, want the server's failure", err)
			}
			wantQuiet(t, err.Error())
			if n := len(server.received()); n != 0 {
				t.Errorf("%d mails arrived", n)
			}
		})
	}
}

// wantQuiet checks a text that goes to logs.
func wantQuiet(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{"holder", "example.test", "hunter2", "portal-user", "portal-password", "4ECFCBA3"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q tells %s", text, secret)
		}
	}
}

func TestRefusals(t *testing.T) {
	answer := func(code int, enhanced ...int) error {
		e := &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: "<holder@example.test>: no"}
		copy(e.EnhancedCode[:], enhanced)
		return e
	}
	tests := []struct {
		name            string
		set             func(*mailServer)
		thisMail, final bool
		want            string // in the error
	}{
		{"no such mailbox", func(s *mailServer) { s.rcpt = answer(550, 5, 1, 1) }, true, true, "550 5.1.1"},
		{"mailbox disabled", func(s *mailServer) { s.rcpt = answer(550, 5, 2, 1) }, true, true, "550 5.2.1"},
		{"grey-listed", func(s *mailServer) { s.rcpt = answer(450, 4, 7, 1) }, true, false, "450 4.7.1"},
		{"no relaying", func(s *mailServer) { s.rcpt = answer(550, 5, 7, 1) }, true, false, "550 5.7.1"},
		{"refused for no stated reason", func(s *mailServer) { s.rcpt = answer(550) }, true, false, "550"},
		{"sender refused", func(s *mailServer) { s.mail = answer(550, 5, 1, 8) }, false, false, "550 5.1.8"},
		{"content refused", func(s *mailServer) { s.data = answer(554, 5, 7, 1) }, false, false, "554 5.7.1"},
		{"busy", func(s *mailServer) { s.mail = answer(421, 4, 3, 2) }, false, false, "421 4.3.2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := startMailServer(t, plain, tt.set)
			err := mailer(t, outbox.SMTP{Server: server.addr, TLS: outbox.NoTLS}).Send(t.Context(), sample)
			var failure *outbox.Failure
			if !errors.As(err, &failure) || failure.ThisMail != tt.thisMail || failure.Final != tt.final || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %#v", err)
			}
			wantQuiet(t, err.Error())
		})
	}
}

func TestNothingIsAddedToAHeader(t *testing.T) {
	tests := []struct{ name, to, subject, text string }{
		{"line end in the subject", sample.To, "a\r\nBcc: other@example.test", "x"},
		{"bare line feed in the subject", sample.To, "a\nb", "x"},
		{"a Unicode line end in the subject", sample.To, "a\u0085b", "x"},
		{"no subject", sample.To, "", "x"},
		{"a subject that isn't UTF-8", sample.To, "a\xff", "x"},
		{"no text", sample.To, "a", ""},
		{"no recipient", "", "a", "x"},
		{"two recipients", "holder@example.test, other@example.test", "a", "x"},
		{"a name", "Holder <holder@example.test>", "a", "x"},
		{"angle brackets", "<holder@example.test>", "a", "x"},
		{"line end in the recipient", "holder@example.test\r\nRCPT TO:<other@example.test>", "a", "x"},
		{"quoted line end in the recipient", "\"holder\r\n \"@example.test", "a", "x"},
		{"quoted recipient", `"a b"@example.test`, "a", "x"},
		{"a comment", "holder@example.test (x)", "a", "x"},
		{"an address literal", "holder@[127.0.0.1]", "a", "x"},
		{"an option of RCPT", "holder@example.test> NOTIFY=NEVER", "a", "x"},
		{"no host", "holder", "a", "x"},
		{"too long", strings.Repeat("a", 250) + "@example.test", "a", "x"},
	}
	server := startMailServer(t, plain)
	m := mailer(t, outbox.SMTP{Server: server.addr, TLS: outbox.NoTLS})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := m.Send(t.Context(), registry.Mail{To: tt.to, Subject: tt.subject, Text: tt.text})
			var failure *outbox.Failure
			if !errors.As(err, &failure) || !failure.Final || !failure.ThisMail {
				t.Fatalf("got %v, want a final failure", err)
			}
			wantQuiet(t, err.Error())
		})
	}
	if n := len(server.received()); n != 0 {
		t.Errorf("%d mails arrived", n)
	}
}

func TestSilentServerIsGivenUp(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() // the kernel accepts, nobody speaks
	for _, policy := range []outbox.TLSPolicy{outbox.StartTLS, outbox.TLS, outbox.NoTLS} {
		for _, how := range []string{"timeout", "cancelled"} {
			t.Run(fmt.Sprintf("%s, %s", policy, how), func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				cfg := outbox.SMTP{Server: listener.Addr().String(), TLS: policy, Timeout: 100 * time.Millisecond}
				if how == "cancelled" {
					cfg.Timeout = time.Minute
					time.AfterFunc(100*time.Millisecond, cancel)
				}
				began := time.Now()
				if err := mailer(t, cfg).Send(ctx, sample); err == nil {
					t.Error("sent")
				}
				if took := time.Since(began); took > 10*time.Second {
					t.Errorf("took %v", took)
				}
			})
		}
	}
}

func TestBadConfigurationIsRefused(t *testing.T) {
	tests := []struct {
		name string
		edit func(*outbox.SMTP)
	}{
		{"no port", func(c *outbox.SMTP) { c.Server = "mail.example" }},
		{"no host", func(c *outbox.SMTP) { c.Server = ":25" }},
		{"no such port", func(c *outbox.SMTP) { c.Server = "mail.example:65536" }},
		{"no sender", func(c *outbox.SMTP) { c.From = "" }},
		{"a sender that is none", func(c *outbox.SMTP) { c.From = "no-reply" }},
		{"no TLS to another machine", func(c *outbox.SMTP) { c.TLS, c.User, c.Password = outbox.NoTLS, "", "" }},
		{"no TLS with a password", func(c *outbox.SMTP) { c.TLS, c.Server = outbox.NoTLS, "127.0.0.1:25" }},
		{"another policy", func(c *outbox.SMTP) { c.TLS = "opportunistic" }},
		{"a user without a password", func(c *outbox.SMTP) { c.Password = "" }},
		{"a password without a user", func(c *outbox.SMTP) { c.User = "" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := outbox.SMTP{Server: "mail.example:587", From: "no-reply@portal.example", User: "portal-user", Password: "hunter2"}
			if _, err := outbox.NewMailer(cfg); err != nil {
				t.Fatal(err)
			}
			tt.edit(&cfg)
			_, err := outbox.NewMailer(cfg)
			if err == nil {
				t.Fatal("taken")
			}
			wantQuiet(t, err.Error())
		})
	}
	m := mailer(t, outbox.SMTP{Server: "mail.example:587", User: "portal-user", Password: "hunter2"})
	wantQuiet(t, fmt.Sprintf("%v %+v %#v", m, m, m))
}
