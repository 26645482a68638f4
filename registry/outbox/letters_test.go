package outbox

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/registry"
)

var (
	placeholder = regexp.MustCompile(`\{[a-z_]*\}`)
	han         = regexp.MustCompile(`\p{Han}`)
	simplified  = regexp.MustCompile(`[证册签码开关为这发录请设]`)
)

func placeholders(l letter) []string {
	return slices.Compact(slices.Sorted(slices.Values(placeholder.FindAllString(l.Subject+strings.Join(l.Text, "\n"), -1))))
}

func TestEveryTextIsInBothLanguages(t *testing.T) {
	file, err := readLetters()
	if err != nil {
		t.Fatal(err)
	}
	languages := []string{"en", "zh"}
	for key, word := range file.Words {
		if !slices.Equal(slices.Sorted(maps.Keys(word)), languages) || word["zh"] == "" || word["en"] == "" {
			t.Errorf("word %s isn't in both languages", key)
		}
		if zh, en := placeholder.FindAllString(word["zh"], -1), placeholder.FindAllString(word["en"], -1); !slices.Equal(zh, en) {
			t.Errorf("word %s has %v in Chinese and %v in English", key, zh, en)
		}
	}
	for kind, l := range file.Letters {
		if !slices.Equal(slices.Sorted(maps.Keys(l)), languages) {
			t.Errorf("letter %s isn't in both languages", kind)
		}
		zh, en := l["zh"], l["en"]
		for _, text := range []letter{zh, en} {
			if text.Subject == "" || len(text.Text) == 0 || !printable(text.Subject) {
				t.Errorf("letter %s is empty in a language", kind)
			}
		}
		if !slices.Equal(placeholders(zh), placeholders(en)) {
			t.Errorf("letter %s has %v in Chinese and %v in English", kind, placeholders(zh), placeholders(en))
		}
		if !han.MatchString(zh.Subject) || simplified.MatchString(zh.Subject+strings.Join(zh.Text, "")) {
			t.Errorf("letter %s isn't in traditional Chinese", kind)
		}
		if strings.Contains(strings.Join(en.Text, ""), "請") || han.MatchString(en.Subject) {
			t.Errorf("letter %s isn't in English", kind)
		}
	}
}

// TestEveryLetter writes each letter in each language and checks that nothing is left to
// fill in.
func TestEveryLetter(t *testing.T) {
	l, err := NewLetters("https://portal.example", ServiceCentre{"0800-299-889", "(02)25589601", "help@centre.example"})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 30, 17, 30, 0, 0, time.UTC) // the next day in Taipei
	cert := Certificate{"4ECFCBA3", registry.Signing, at}
	old := Certificate{"4EBEC85D", registry.Signing, at}
	link := "https://portal.example/forgot/set#token"
	letters := map[string]func(Recipient) registry.Mail{
		"expiry":           func(r Recipient) registry.Mail { return l.Expiry(r, cert, 30) },
		"reset":            func(r Recipient) registry.Mail { return l.Reset(r, link) },
		"reset_waiting":    l.ResetWaiting,
		"reset_approved":   func(r Recipient) registry.Mail { return l.ResetApproved(r, link) },
		"email_changed":    func(r Recipient) registry.Mail { return l.EmailChanged(r, at) },
		"password_set":     func(r Recipient) registry.Mail { return l.PasswordSet(r, at) },
		"imported":         func(r Recipient) registry.Mail { return l.Imported(r, cert, at) },
		"imported_pending": func(r Recipient) registry.Mail { return l.ImportedPending(r, cert, at) },
		"binding_approved": func(r Recipient) registry.Mail { return l.BindingApproved(r, cert, at) },
		"deleted":          func(r Recipient) registry.Mail { return l.Deleted(r, cert, at) },
		"replaced":         func(r Recipient) registry.Mail { return l.Replaced(r, old, cert, at, at) },
	}
	if known := slices.Sorted(maps.Keys(l.file.Letters)); !slices.Equal(known, slices.Sorted(maps.Keys(letters))) {
		t.Errorf("letters.json has %v", known)
	}
	for kind, write := range letters {
		for _, language := range []string{"zh", "en"} {
			t.Run(kind+" "+language, func(t *testing.T) {
				mail := write(Recipient{"holder@example.test", language})
				if err := Check(mail); err != nil {
					t.Fatal(err)
				}
				all := mail.Subject + "\n" + mail.Text
				if strings.ContainsAny(all, "{}") {
					t.Errorf("something isn't filled in:\n%s", all)
				}
				wants := []string{"0800-299-889", "(02)25589601", "help@centre.example", "https://portal.example\n"}
				if names := placeholders(l.file.Letters[kind][language]); slices.Contains(names, "{serial}") {
					usage := map[string]string{"zh": "簽章", "en": "signing"}[language]
					wants = append(wants, "4ECFCBA3", usage, "2026/12/01")
				}
				for _, want := range wants {
					if !strings.Contains(all, want) {
						t.Errorf("%s isn't in\n%s", want, all)
					}
				}
			})
		}
	}
	expiry := l.Expiry(Recipient{"holder@example.test", "zh"}, cert, 30)
	for _, want := range []string{"憑證更換作業", "https://portal.example/replace\n", "30 天"} {
		if !strings.Contains(expiry.Text, want) {
			t.Errorf("%s isn't in\n%s", want, expiry.Text)
		}
	}
	if reset := l.Reset(Recipient{"holder@example.test", "en"}, link); !strings.Contains(reset.Text, "\n"+link+"\n") || !strings.Contains(reset.Text, "30 minutes") {
		t.Errorf("the link or its time isn't in\n%s", reset.Text)
	}
}

func TestWhatIsUnknownIsLeftOut(t *testing.T) {
	l, err := NewLetters("https://portal.example/", ServiceCentre{})
	if err != nil {
		t.Fatal(err)
	}
	mail := l.ResetWaiting(Recipient{"holder@example.test", "fr"})
	if strings.Contains(mail.Text, "電話") || !strings.Contains(mail.Subject, "密碼") || !strings.Contains(mail.Text, "https://portal.example\n") {
		t.Errorf("got %s\n%s", mail.Subject, mail.Text)
	}
}

func TestValuesStayOnTheirLine(t *testing.T) {
	l, err := NewLetters("https://portal.example", ServiceCentre{})
	if err != nil {
		t.Fatal(err)
	}
	mail := l.Deleted(Recipient{"holder@example.test", "en"}, Certificate{"{when}\r\nBcc: x", registry.Login, time.Now()}, time.Now())
	if err := Check(mail); err != nil || strings.Contains(mail.Text, "\nBcc") || !strings.Contains(mail.Text, "{when} Bcc: x") {
		t.Errorf("%v\n%s", err, mail.Text)
	}
}

// TestPagesAreOurs keeps the pages that letters name free of what a link may not have.
func TestPagesAreOurs(t *testing.T) {
	for _, page := range []string{replacePage, queryPage} {
		if u, err := url.Parse(page); err != nil || u.Host != "" || u.RawQuery != "" || u.Path != page {
			t.Errorf("%s is no path", page)
		}
	}
}

func TestNextNotices(t *testing.T) {
	tests := []struct{ name, now, want string }{
		{"early in the morning", "2026-11-03T00:59:59Z", "2026-11-03T01:00:00Z"},
		{"at nine", "2026-11-03T01:00:00Z", "2026-11-04T01:00:00Z"},
		{"another day in Taipei than in UTC", "2026-12-31T17:00:00Z", "2027-01-01T01:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now, _ := time.Parse(time.RFC3339, tt.now)
			if got := nextNotices(now).UTC().Format(time.RFC3339); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
