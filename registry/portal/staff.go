package portal

import "net/http"

// staffRoutes are those of the operators' pages.
func (p *Portal) staffRoutes(*http.ServeMux) {}
