package mailcatcher

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/emersion/go-message/mail"
)

//go:embed page
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{"clock": clock}).ParseFS(files, "page/*.html"))

func clock(m Mail) string { return m.At.Format("15:04:05") }

// policy leaves a page its style and links, and nothing that runs.
const policy = "default-src 'none'; style-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

// Handler is the page: the list at /, a mail at /mails/{id}.
func (c *Catcher) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		show(w, "list.html", c.Mails())
	})
	mux.HandleFunc("GET /mails/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.PathValue("id"))
		m, found := c.mail(id)
		if err != nil || !found {
			http.Error(w, "no such mail; only the last ones are kept", http.StatusNotFound)
			return
		}
		show(w, "mail.html", struct {
			Mail
			Pieces []piece
		}{m, pieces(m.Text, c.origin)})
	})
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "page/style.css")
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer") // links hold tokens
		header.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

func show(w http.ResponseWriter, page string, data any) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, page, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b.Bytes())
}

// read returns a mail's subject and its first part that is text. What can't be decoded is
// shown as it came.
func read(raw []byte) (subject, text string) {
	reader, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		return "(unreadable)", string(raw)
	}
	if subject, err = reader.Header.Subject(); err != nil {
		subject = reader.Header.Get("Subject")
	}
	for {
		part, err := reader.NextPart()
		if err != nil {
			return subject, string(raw)
		}
		if _, inline := part.Header.(*mail.InlineHeader); !inline {
			continue
		}
		body, err := io.ReadAll(part.Body)
		if err != nil {
			return subject, string(raw)
		}
		return subject, strings.ReplaceAll(string(body), "\r\n", "\n")
	}
}

// A piece of a mail's text: a link to the portal, or just text.
type piece struct{ Text, Link string }

// pieces makes links of the lines that are addresses of the origin.
func pieces(text, origin string) (list []piece) {
	for line := range strings.Lines(text) {
		address := strings.TrimSpace(line)
		if origin != "" && (address == origin || strings.HasPrefix(address, origin+"/")) && !strings.ContainsAny(address, " \t") {
			list = append(list, piece{Text: address, Link: address}, piece{Text: "\n"})
		} else {
			list = append(list, piece{Text: line})
		}
	}
	return list
}
