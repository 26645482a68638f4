package portal

import "net/http"

// resetRoutes are those of 忘記密碼.
func (p *Portal) resetRoutes(*http.ServeMux) {}
