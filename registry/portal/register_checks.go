package portal

import (
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// checkText checks one line of text: short enough, and without characters that aren't
// seen.
func (f *Form) checkText(name, label string, most int, required bool) {
	value := f.Get(name)
	switch {
	case value == "" && required:
		f.Require(name, label)
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unseen):
		f.Fail(name, "register.unreadable", f.p.words.text(f.lang, label))
	case utf8.RuneCountInString(value) > most:
		f.Fail(name, "register.too_long", f.p.words.text(f.lang, label), most)
	}
}

// unseen tells characters that a line of text has no use for: controls, marks that turn
// the direction of writing, line ends. Private ones are fine: rare names are written so.
func unseen(r rune) bool {
	return r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// An address that mail can be sent to, without any of the comments, quotes and
// literals that RFC 5322 allows and nobody has.
var (
	emailLocal  = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*$`)
	emailDomain = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])$`)
)

// isEmail tells what can be an e-mail address, and so a person's account name: ASCII, at
// most 128 characters, of which 64 before the @ (RFC 5321 4.5.3.1).
func isEmail(text string) bool {
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text || len(text) > 128 {
		return false
	}
	local, domain, _ := strings.Cut(text, "@")
	return len(local) <= 64 && emailLocal.MatchString(local) && emailDomain.MatchString(domain)
}

var phonePattern = regexp.MustCompile(`^\+?[0-9(][0-9() #-]{5,28}$`)

// isPhone tells what has enough digits to be a telephone number, perhaps with an
// extension behind #.
func isPhone(text string) bool {
	digits := 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	return phonePattern.MatchString(text) && digits >= 6
}

// isBirthDate tells a day of somebody who may be alive, not after today in Taipei.
func isBirthDate(text string, now time.Time) bool {
	day, err := time.ParseInLocation(time.DateOnly, text, taipei)
	return err == nil && day.Year() >= 1900 && !day.After(now)
}

// proves reports whether a card's certificate, whose issuer is a configured one, is of
// the holder of an identifier: it names the 統一編號, or the last four digits of the
// 身分證字號.
func proves(a registry.Admission, identifier registry.Identifier) bool {
	if !a.Known {
		return false
	}
	switch identifier.Kind {
	case verifier.BusinessID:
		return a.Holder.BusinessID != "" && a.Holder.BusinessID == identifier.Value
	case verifier.NationalID:
		return len(a.Holder.NationalTail) == 4 && strings.HasSuffix(identifier.Value, a.Holder.NationalTail)
	}
	return false
}

// tradeIdentifiers are the fields of an attribute's identifiers.
func tradeIdentifiers(f *Form, info registry.AttributeInfo) []Field {
	var fields []Field
	for _, kind := range info.Identifiers {
		field := f.Field("id_"+string(kind), "register.id."+string(kind))
		field.Required, field.Width, field.MaxLength = true, "short", 10
		field.Hint = f.p.words.text(f.lang, "register.id_hint."+string(kind))
		fields = append(fields, field)
	}
	return fields
}

// checkTradeIdentifiers checks what [tradeIdentifiers] asked for.
func (f *Form) checkTradeIdentifiers(info registry.AttributeInfo) {
	for _, kind := range info.Identifiers {
		name := "id_" + string(kind)
		if value := f.Require(name, "register.id."+string(kind)); value != "" && registry.CheckIdentifier(kind, value) != nil {
			f.Fail(name, "register.wrong."+string(kind))
		}
	}
}
