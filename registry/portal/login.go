package portal

import "net/http"

// loginRoutes are those of 憑證登入 and 帳號登入.
func (p *Portal) loginRoutes(*http.ServeMux) {}
