package portal

import "net/http"

// registerRoutes are those of 註冊.
func (p *Portal) registerRoutes(*http.ServeMux) {}
