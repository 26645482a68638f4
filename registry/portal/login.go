package portal

import "net/http"

// loginRoutes are those of 憑證登入 and 帳號登入.
func (p *Portal) loginRoutes(mux *http.ServeMux) {
	p.handle(mux, "POST "+logoutPath, func(w http.ResponseWriter, r *http.Request) error {
		if err := p.logOut(w, r); err != nil {
			return err
		}
		p.flash(w, Success, "site.logged_out")
		return redirect(w, r, homePath)
	})
}
