package portal

import "net/http"

// importRoutes are those of 通關憑證註冊.
func (p *Portal) importRoutes(*http.ServeMux) {}
