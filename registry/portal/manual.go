package portal

import (
	"bytes"
	"net/http"
)

// manualRoutes are those of our own short manual: a page to read and print, and the
// same as one file to keep.
func (p *Portal) manualRoutes(mux *http.ServeMux) {
	p.handle(mux, "GET "+manualPath, func(w http.ResponseWriter, r *http.Request) error {
		return p.render(w, r, http.StatusOK, "manual", nil)
	})
	p.handle(mux, "GET "+manualPath+"/download", p.downloadManual)
}

// downloadManual gives the manual as one file that needs no other: with its styles.
func (p *Portal) downloadManual(w http.ResponseWriter, r *http.Request) error {
	text, err := p.draw(w, r, "manual", "file", nil)
	if err != nil {
		return err
	}
	styles, err := assetFiles.ReadFile("assets/portal.css")
	if err != nil {
		return err
	}
	text = bytes.Replace(text, []byte("</head>"), append(append([]byte("<style>"), styles...), "</style></head>"...), 1)
	name := "registration-manual-" + string(visitOf(r).lang) + ".html"
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = w.Write(text) // a visitor who has gone
	return nil
}
