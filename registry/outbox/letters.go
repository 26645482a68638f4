package outbox

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// taipei has had no summer time since 1979; a fixed zone needs no tzdata.
var taipei = time.FixedZone("Asia/Taipei", 8*60*60)

// replacePage and queryPage are the portal's 憑證更換作業 and 通關憑證查詢.
const (
	replacePage = "/replace"
	queryPage   = "/certificates"
)

//go:embed letters.json
var lettersJSON []byte

// A letter is one text in one language. {names} in it stand for values.
type letter struct {
	Subject string   `json:"subject"`
	Text    []string `json:"text"` // lines
}

// letterFile is letters.json. Each map's last key is the language.
type letterFile struct {
	Comment string                       `json:"comment"`
	Words   map[string]map[string]string `json:"words"`
	Letters map[string]map[string]letter `json:"letters"`
}

func readLetters() (file letterFile, err error) {
	decoder := json.NewDecoder(bytes.NewReader(lettersJSON))
	decoder.DisallowUnknownFields()
	if err = decoder.Decode(&file); err != nil {
		return file, fmt.Errorf("read the texts of mails: %w", err)
	}
	return file, nil
}

// A ServiceCentre is where readers turn for help; what is empty isn't mentioned.
type ServiceCentre struct{ Phone, Fax, Mail string }

// Letters write mails. They are safe for concurrent use.
type Letters struct {
	file   letterFile
	origin string
	centre ServiceCentre
}

// NewLetters returns letters of the portal at an origin, such as https://portal.example.
func NewLetters(origin string, centre ServiceCentre) (*Letters, error) {
	file, err := readLetters()
	if err != nil {
		return nil, err
	}
	return &Letters{file, strings.TrimSuffix(origin, "/"), centre}, nil
}

// A Recipient is whom a letter is for.
type Recipient struct {
	Address  string
	Language string // zh or en; anything else means zh
}

// RecipientOf is the holder of an account.
func RecipientOf(a registry.Account, p registry.Profile) Recipient {
	return Recipient{p.Email, a.Language}
}

// A Certificate is what letters say of one.
type Certificate struct {
	Serial  string
	Usage   registry.Usage
	Expires time.Time
}

// CertificateOf is a certificate that is registered for a usage.
func CertificateOf(c *verifier.Certificate, usage registry.Usage) Certificate {
	return Certificate{c.Serial(), usage, c.NotAfter()}
}

// Expiry gives notice that a certificate has so many days left.
func (l *Letters) Expiry(to Recipient, c Certificate, days int) registry.Mail {
	return l.write("expiry", to, l.about(to, c, "days", strconv.Itoa(days), "link", l.origin+replacePage)...)
}

// Reset brings the link, a URL of ours with its token, that sets a new password.
func (l *Letters) Reset(to Recipient, link string) registry.Mail {
	return l.write("reset", to, "link", link, "minutes", resetMinutes)
}

// ResetWaiting tells that a reset waits for staff.
func (l *Letters) ResetWaiting(to Recipient) registry.Mail { return l.write("reset_waiting", to) }

// ResetApproved brings the link once staff has approved a reset.
func (l *Letters) ResetApproved(to Recipient, link string) registry.Mail {
	return l.write("reset_approved", to, "link", link, "minutes", resetMinutes)
}

var resetMinutes = strconv.Itoa(int(registry.ResetLifetime.Minutes()))

// PasswordSet tells that a password was set.
func (l *Letters) PasswordSet(to Recipient, at time.Time) registry.Mail {
	return l.write("password_set", to, "when", moment(at))
}

// EmailChanged tells whoever had the account's mails so far that others get them now.
func (l *Letters) EmailChanged(to Recipient, at time.Time) registry.Mail {
	return l.write("email_changed", to, "when", moment(at))
}

// Imported tells that a certificate was registered, and counts.
func (l *Letters) Imported(to Recipient, c Certificate, at time.Time) registry.Mail {
	return l.write("imported", to, l.about(to, c, "when", moment(at), "link", l.origin+queryPage)...)
}

// ImportedPending tells that a certificate was registered and waits to be confirmed.
func (l *Letters) ImportedPending(to Recipient, c Certificate, at time.Time) registry.Mail {
	return l.write("imported_pending", to, l.about(to, c, "when", moment(at), "link", l.origin+queryPage)...)
}

// BindingApproved tells that a certificate that waited counts now.
func (l *Letters) BindingApproved(to Recipient, c Certificate, at time.Time) registry.Mail {
	return l.write("binding_approved", to, l.about(to, c, "when", moment(at), "link", l.origin+queryPage)...)
}

// Deleted tells that a certificate was deleted.
func (l *Letters) Deleted(to Recipient, c Certificate, at time.Time) registry.Mail {
	return l.write("deleted", to, l.about(to, c, "when", moment(at), "link", l.origin+queryPage)...)
}

// Replaced tells that a certificate took another one's place; the old one counts until
// until.
func (l *Letters) Replaced(to Recipient, old, replacement Certificate, until, at time.Time) registry.Mail {
	return l.write("replaced", to, l.about(to, replacement,
		"old_serial", old.Serial, "until", moment(until), "when", moment(at), "link", l.origin+queryPage)...)
}

// about gives a letter's values, what it says of a certificate before them.
func (l *Letters) about(to Recipient, c Certificate, values ...string) []string {
	return append([]string{"serial", c.Serial, "usage", l.word("usage."+string(c.Usage), to.language()), "expires", day(c.Expires)}, values...)
}

func day(t time.Time) string    { return t.In(taipei).Format("2006/01/02") }
func moment(t time.Time) string { return t.In(taipei).Format("2006/01/02 15:04") }

func (r Recipient) language() string {
	if r.Language == "en" {
		return "en"
	}
	return "zh"
}

func (l *Letters) word(key, language string) string { return l.file.Words[key][language] }

// write fills a letter's values, names and values by turns, into its text.
func (l *Letters) write(kind string, to Recipient, values ...string) registry.Mail {
	language := to.language()
	pairs := make([]string, len(values))
	for i := 0; i < len(values); i += 2 {
		pairs[i], pairs[i+1] = "{"+values[i]+"}", oneLine(values[i+1])
	}
	fill := strings.NewReplacer(pairs...)
	l10n := l.file.Letters[kind][language]
	return registry.Mail{
		To:      to.Address,
		Subject: fill.Replace(l10n.Subject),
		Text:    fill.Replace(strings.Join(l10n.Text, "\n")) + "\n\n" + l.signature(language),
	}
}

// signature says whom the mail is from and where to turn. It has no "-- " before it, so
// that no reader folds it away.
func (l *Letters) signature(language string) string {
	lines := []string{l.word("signature.name", language), l.origin}
	for _, way := range []struct{ key, value string }{
		{"signature.phone", l.centre.Phone}, {"signature.fax", l.centre.Fax}, {"signature.mail", l.centre.Mail},
	} {
		if way.value != "" {
			lines = append(lines, strings.ReplaceAll(l.word(way.key, language), "{value}", oneLine(way.value)))
		}
	}
	return strings.Join(append(lines, "", l.word("signature.automatic", language)), "\n") + "\n"
}

// oneLine keeps a value from adding lines to a letter.
func oneLine(value string) string { return strings.Join(strings.Fields(value), " ") }
