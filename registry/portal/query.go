package portal

import "net/http"

// queryRoutes are those of 通關憑證查詢.
func (p *Portal) queryRoutes(*http.ServeMux) {}
