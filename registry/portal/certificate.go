package portal

import (
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// A fact is one line of what a page says about something.
type fact struct {
	Label, Value string
	Mono         bool
}

// facts says what a certificate says, for its owner or whoever brought it.
func (p *Portal) facts(l tongue, cert *verifier.Certificate, kind registry.CertificateKind) []fact {
	key := p.words.text(l, "certificate.key_other")
	if bits := cert.KeyBits(); bits > 0 {
		key = p.words.text(l, "certificate.key_rsa", bits)
	}
	say := func(label, value string, mono bool) fact { return fact{p.words.text(l, label), value, mono} }
	all := []fact{
		say("certificate.serial", cert.Serial(), true),
		say("certificate.subject", encodedOrder(cert.Subject()), true),
		say("certificate.issuer", encodedOrder(cert.Issuer()), true),
		say("certificate.period", period(cert), false),
		say("certificate.key", key, false),
		say("certificate.fingerprint", cert.Fingerprint().String(), true),
	}
	if kind != "" {
		all = append([]fact{say("certificate.kind", p.words.text(l, "certificate.kind."+string(kind)), false)}, all...)
	}
	return all
}

// period is 起訖日期 as the manual shows it.
func period(cert *verifier.Certificate) string {
	return Date(cert.NotBefore()) + "~" + Date(cert.NotAfter())
}

var nameComma = regexp.MustCompile(`, ([A-Za-z]+|[0-9.]+)=`)

// maxShown bounds how much of a name is shown, in characters: anybody may bring any.
const maxShown = 600

// encodedOrder shows a name as the manual does, with blanks between its parts.
func encodedOrder(name string) string {
	name = nameComma.ReplaceAllString(name, " $1=")
	if len(name) > maxShown {
		if letters := []rune(name); len(letters) > maxShown {
			name = string(letters[:maxShown]) + "…"
		}
	}
	return name
}

// A certificateRow is one registration in the table of 通關憑證查詢.
type certificateRow struct {
	Medium, Kind, Use string // 憑證型態, 憑證種類, 用途
	Info              string // 憑證資訊, in the manual's words
	Main              bool
	State             string // 狀態
	StateLook         string // good, warn, bad or nothing
	Times             string // when it counts, or when that ended
	Lacking           []string
	Links             []rowLink
}

// A certificateTable is the table of 通關憑證查詢 and of 我的憑證.
type certificateTable struct {
	Rows  []certificateRow
	Links string // the key of the word above the links
}

// A rowLink leads to where its owner may change a registration.
type rowLink struct {
	Path, Word string
	Danger     bool
}

// A display says how rows are shown.
type display struct {
	lang  tongue
	now   time.Time
	owner verifier.PartyID // sees everything of its own; empty: nobody does
}

// row shows a registration. Whoever isn't its owner doesn't see what is personal in it.
func (p *Portal) row(d display, l registry.Listed) certificateRow {
	say := func(key string, args ...any) string { return p.words.text(d.lang, key, args...) }
	mine := d.owner != "" && l.Party == d.owner
	row := certificateRow{
		Medium: say("certificate.medium." + string(l.Medium)),
		Kind:   say("certificate.kind." + string(l.Kind)),
		Use:    say("certificate.usage." + string(l.Usage)),
		Main:   l.Main,
	}
	if l.Usage == registry.Login {
		row.Info = say("certificate.info_login", orDash(accountShown(l.Account, mine)), l.Certificate.Serial(), period(l.Certificate))
	} else {
		row.Info = say("certificate.info_signing", l.Certificate.Serial(), subjectShown(l, mine), period(l.Certificate))
	}
	state := stateOf(l.Registration, d.now)
	row.State, row.StateLook = say("certificate.state."+string(state)), stateLooks[state]
	row.Times = p.times(d.lang, l.Registration, state)
	if mine && l.State == verifier.Pending {
		for _, m := range l.Lacks(false) {
			row.Lacking = append(row.Lacking, d.lang.choose(m))
		}
	}
	return row
}

// times says when a registration counts.
func (p *Portal) times(l tongue, r registry.Registration, state rowState) string {
	say := func(key string, args ...any) string { return p.words.text(l, key, args...) }
	switch {
	case r.State == verifier.Pending:
		return say("certificate.times_pending", DateTime(r.RegisteredAt))
	case state == stateRevoked && !r.EndedAt.IsZero():
		return say("certificate.times_revoked", DateTime(r.From), DateTime(r.EndedAt))
	case !r.EndedAt.IsZero():
		return say("certificate.times_ended", DateTime(r.From), DateTime(r.EndedAt))
	case state == stateOverlap && !r.Until.IsZero():
		return say("certificate.times_overlap", DateTime(r.Until))
	case !r.Until.IsZero():
		return say("certificate.times_until", DateTime(r.From), DateTime(r.Until))
	case state == stateExpired:
		return say("certificate.times_until", DateTime(r.From), DateTime(r.Certificate.NotAfter()))
	}
	return say("certificate.times_from", DateTime(r.From))
}

// A rowState is the 狀態 that people see: what is stored, and what time has made of it.
type rowState string

const (
	statePending   rowState = "pending"   // 待確認
	stateEarly     rowState = "early"     // 尚未生效
	stateInForce   rowState = "in_force"  // 生效中
	stateExpiring  rowState = "expiring"  // 將到期
	stateOverlap   rowState = "overlap"   // 並存中: it counts beside its successor
	stateExpired   rowState = "expired"   // 已過期
	stateWithdrawn rowState = "withdrawn" // 已停用
	stateRevoked   rowState = "revoked"   // 已廢止
)

var stateLooks = map[rowState]string{
	statePending: "warn", stateEarly: "warn", stateInForce: "good", stateExpiring: "warn", stateOverlap: "warn", stateExpired: "bad", stateRevoked: "bad",
}

// expiryNotice is when a certificate counts as about to expire: its successor can be had
// from then on.
const expiryNotice = 60 * 24 * time.Hour

// clockSlack is how far the database's clock may be ahead of ours: what it has just put in
// force isn't to be called early.
const clockSlack = time.Minute

func stateOf(r registry.Registration, now time.Time) rowState {
	until := r.Certificate.NotAfter()
	if !r.Until.IsZero() && r.Until.Before(until) {
		until = r.Until
	}
	switch {
	case r.State == verifier.Revoked:
		return stateRevoked
	case r.State == verifier.Withdrawn:
		return stateWithdrawn
	case now.After(r.Certificate.NotAfter()):
		return stateExpired
	case r.State == verifier.Pending:
		return statePending
	case !now.Before(until):
		return stateWithdrawn
	case now.Add(clockSlack).Before(r.From) || now.Before(r.Certificate.NotBefore()):
		return stateEarly
	case r.State == verifier.Superseded:
		return stateOverlap
	case now.Add(expiryNotice).After(until):
		return stateExpiring
	}
	return stateInForce
}

// accountShown hides most of an e-mail address from all but its owner.
func accountShown(name string, mine bool) string {
	if mine || !strings.Contains(name, "@") {
		return name
	}
	local, domain, _ := strings.Cut(name, "@")
	host, top := domain, ""
	if dot := strings.LastIndexByte(domain, '.'); dot >= 0 {
		host, top = domain[:dot], domain[dot:]
	}
	return limit(local, 1) + "***@" + limit(host, 1) + "***" + top
}

func orDash(text string) string {
	if text == "" {
		return "－"
	}
	return text
}

var (
	oidCountry    = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidCommonName = asn1.ObjectIdentifier{2, 5, 4, 3}
)

// subjectShown hides who a citizen is from all but the owner.
func subjectShown(l registry.Listed, mine bool) string {
	if mine || l.Kind != registry.MOICA {
		return encodedOrder(l.Certificate.Subject())
	}
	var parts []string
	for _, attribute := range l.Certificate.X509().Subject.Names {
		value, ok := attribute.Value.(string)
		switch {
		case ok && attribute.Type.Equal(oidCountry):
			parts = append(parts, "C="+value)
		case ok && attribute.Type.Equal(oidCommonName):
			parts = append(parts, "CN="+maskName(value))
		}
	}
	return strings.Join(parts, " ")
}

// maskName leaves a name's first character.
func maskName(name string) string {
	letters := []rune(name)
	if len(letters) < 2 {
		return "○"
	}
	return string(letters[0]) + strings.Repeat("○", min(len(letters)-1, 3))
}

// parseFingerprint reads a fingerprint as our own paths spell it.
func parseFingerprint(text string) (f verifier.Fingerprint, err error) {
	if len(text) != 2*len(f) || strings.ToLower(text) != text {
		return f, fmt.Errorf("not a fingerprint")
	}
	_, err = hex.Decode(f[:], []byte(text))
	return f, err
}
