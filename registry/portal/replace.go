package portal

import "net/http"

// replaceRoutes are those of 憑證更換作業.
func (p *Portal) replaceRoutes(*http.ServeMux) {}
