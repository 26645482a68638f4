package portal

import (
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/language"

	"turnkey-gateway/registry"
)

// A tongue is one of the portal's languages.
type tongue string

const (
	chinese tongue = "zh" // 繁體中文, the default
	english tongue = "en"
)

var tongues = []tongue{chinese, english}

// Tag is the language's name in HTML.
func (l tongue) Tag() string {
	if l == english {
		return "en"
	}
	return "zh-Hant-TW"
}

// Other is the language to switch to.
func (l tongue) Other() tongue {
	if l == english {
		return chinese
	}
	return english
}

// choose returns a message of the registry in this language, as a sentence: errors begin
// with a small letter.
func (l tongue) choose(m registry.Message) string {
	if l == english {
		return strings.ToUpper(limit(m.English, 1)) + m.English[len(limit(m.English, 1)):]
	}
	return m.Chinese
}

func parseTongue(code string) (tongue, bool) {
	switch l := tongue(code); l {
	case chinese, english:
		return l, true
	}
	return chinese, false
}

const (
	languageCookie   = "language"
	languageQuery    = "lang"
	languageLifetime = 365 * 24 * time.Hour
)

// matcher finds which of the portal's languages a browser asks for. Its first is what
// it falls back to.
var matcher = language.NewMatcher([]language.Tag{language.MustParse("zh-Hant-TW"), language.English})

// tongueOf returns the language of a request: what its URL asks for, which is kept,
// else what was kept, else what the browser prefers.
func (p *Portal) tongueOf(w http.ResponseWriter, r *http.Request) tongue {
	if r.URL.RawQuery != "" {
		if l, ok := parseTongue(r.URL.Query().Get(languageQuery)); ok {
			http.SetCookie(w, p.cookie(languageCookie, string(l), languageLifetime))
			return l
		}
	}
	if cookie, err := r.Cookie(p.cookieName(languageCookie)); err == nil {
		if l, ok := parseTongue(cookie.Value); ok {
			return l
		}
	}
	tags, _, err := language.ParseAcceptLanguage(limit(r.Header.Get("Accept-Language"), 200))
	if err != nil || len(tags) == 0 {
		return chinese
	}
	_, index, confidence := matcher.Match(tags...)
	if confidence == language.No || strings.HasPrefix(tags[0].String(), "zh") {
		return chinese
	}
	return tongues[index]
}

// limit returns the first n bytes of s.
func limit(s string, n int) string { return s[:min(n, len(s))] }
