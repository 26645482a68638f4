package portal

import "net/http"

// whyRoutes are those of 為什麼驗章失敗？.
func (p *Portal) whyRoutes(*http.ServeMux) {}
