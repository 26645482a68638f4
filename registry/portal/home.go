package portal

import "net/http"

// homeRoutes are those of 首頁 and of the 憑證註冊中心's entrance.
func (p *Portal) homeRoutes(mux *http.ServeMux) {
	p.handle(mux, "GET /{$}", func(w http.ResponseWriter, r *http.Request) error {
		return p.render(w, r, http.StatusOK, "home", nil)
	})
	p.handle(mux, "GET "+centrePath, func(w http.ResponseWriter, r *http.Request) error {
		return p.render(w, r, http.StatusOK, "centre", nil)
	})
	p.handle(mux, "GET /accessibility", func(w http.ResponseWriter, r *http.Request) error {
		return p.render(w, r, http.StatusOK, "accessibility", nil)
	})
}
