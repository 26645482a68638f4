package portal_test

import (
	"net/http"
	"os"
	"testing"

	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
)

// sample starts a portal with a page that shows every part that flows are made of.
func sample(t testing.TB, reg portal.Registry, edits ...func(*portal.Config)) string {
	t.Helper()
	return portaltest.Serve(t, func(cfg portal.Config) (http.Handler, error) {
		for _, edit := range edits {
			edit(&cfg)
		}
		return portal.NewSample(cfg, reg, os.DirFS("testdata/sample"))
	})
}

func TestPagesLookRight(t *testing.T) {
	b := portaltest.NewBrowser(t, sample(t, portaltest.NewMemory()))
	for _, page := range []struct{ path, name string }{
		{"/", "home"}, {"/centre", "centre"}, {"/manual", "manual"}, {"/nowhere", "error-404"}, {"/sample", "sample"}, {"/accessibility", "accessibility"},
	} {
		b.ScreenshotBoth(page.path, page.name)
	}
}
