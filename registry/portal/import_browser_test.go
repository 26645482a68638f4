package portal_test

import (
	"os"
	"path/filepath"
	"testing"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/verifier/verifiertest"
)

// TestImportLooksRight goes through import and query with a real browser, and files how
// each page looks.
func TestImportLooksRight(t *testing.T) {
	w := portaltest.NewWorld(t)
	b := portaltest.NewBrowser(t, w.Origin)
	b.ScreenshotBoth("/import", "import-type")

	b.Click(`label[for="type"]`) // 報關專責人員, the first
	b.Wait("#national")
	b.Screenshot("import-specialist-zh")
	b.Click(`label[for="type-broker"]`)
	b.Wait("#ubn")
	if portaltest.Eval[bool](b, `document.querySelector("#national").closest("[hidden]") === null`) {
		t.Error("a broker is asked for a national id")
	}
	if status := b.Submit(); status != 422 {
		t.Errorf("status %d for an empty form", status)
	}
	b.Screenshot("import-type-wrong-zh")
	b.Fill("#ubn", brokerUBN)
	b.Fill("#box", sampleBox)
	b.Submit()

	b.ScreenshotBoth("/import/certificate", "import-certificate")
	b.Click(`label[for="medium-card"]`)
	b.Wait("[data-card]")
	b.Screenshot("import-card-zh")
	b.Click(`label[for="medium"]`)
	file := filepath.Join(t.TempDir(), "TEST1234.cer")
	if err := os.WriteFile(file, w.CustomsFile(brokerUBN).DER(), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Click(`label[for="kind"]`)
	b.Choose("#file", file)
	if name := b.Text("[data-drop-name]"); name != "TEST1234.cer" {
		t.Errorf("the chosen file is shown as %q", name)
	}
	b.Screenshot("import-file-zh")
	if status := b.Submit(); status != 422 {
		t.Errorf("status %d for a kind that the file isn't", status)
	}
	b.Screenshot("import-mismatch-zh")
	b.Click(`label[for="kind-customs"]`)
	b.Choose("#file", file)
	b.Submit()
	b.ScreenshotBoth("/import/preview", "import-preview")
	b.Submit()
	if got := b.Text(".notice-success"); got != "主憑證匯入成功" {
		t.Errorf("at the top stands %q", got)
	}
	b.ScreenshotBoth("/import/done", "import-done")

	// A specialist's, which waits.
	waiting := w.Issue(w.PKI.Customs, verifiertest.CustomsHolder{BusinessID: brokerUBN, Ordinal: 75}, w.Terms())
	if err := os.WriteFile(file, waiting.DER(), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Goto("/import")
	b.Click(`label[for="type"]`)
	b.Fill("#national", personID)
	b.Fill("#name", "陳美")
	b.Set("#class", "declarant")
	b.Fill("#specialist", specialist)
	b.Submit()
	b.Choose("#file", file)
	b.Screenshot("import-specialist-file-zh")
	b.Submit()
	b.ScreenshotBoth("/import/preview", "import-preview-pending")
	b.Submit()
	b.ScreenshotBoth("/import/done", "import-done-pending")
	b.ScreenshotBoth("/import/prove/"+fingerprint(w, waiting), "import-prove")

	b.ScreenshotBoth("/certificates", "query")
	b.Fill("#who", "F131104093")
	b.Submit()
	b.Screenshot("query-nothing-zh")
}

func TestCertificatesLookRight(t *testing.T) {
	w := portaltest.NewWorld(t)
	card := w.CompanyCard(brokerUBN)
	party := w.Account(brokerUBN, card, noPassword)
	first, second := w.CustomsFile(brokerUBN), w.CustomsFile(brokerUBN)
	for _, i := range []*verifiertest.Identity{first, second, w.CustomsFile(traderUBN), unbelieved(t, w, verifiertest.CustomsHolder{BusinessID: brokerUBN, Ordinal: 9})} {
		imported(t, w.Visitor(), company(brokerUBN), registry.Customs, i.DER())
	}
	b := portaltest.NewBrowser(t, w.Origin)
	b.Goto("/certificates?lang=zh")
	b.Fill("#who", brokerUBN)
	b.Submit()
	b.Screenshot("query-found-zh")
	b.Goto("/certificates?lang=en")
	b.Fill("#who", brokerUBN)
	b.Submit()
	b.Screenshot("query-found-en")

	token, _, err := w.Store.LogIn(t.Context(), "", registry.Opening{LoginHolder: registry.LoginHolder{Party: party}, Strength: registry.ByCertificate, Certificate: w.Certificate(card).Fingerprint()}, 1e12)
	if err != nil {
		t.Fatal(err)
	}
	b = portaltest.NewBrowser(t, w.Origin) // without a cookie that scripts may not set
	b.Goto("/accessibility")
	portaltest.Eval[string](b, `document.cookie = "session=`+token+`; path=/"`)
	b.ScreenshotBoth("/certificates/mine", "mine")
	for _, action := range []string{"delete", "main"} {
		b.ScreenshotBoth("/certificates/mine/"+fingerprint(w, second)+"/signing/"+action, "mine-"+action)
	}
	b.Goto("/certificates/mine/" + fingerprint(w, second) + "/signing/delete")
	b.Submit()
	if got := b.Text(".notice-success"); got != "憑證已刪除，閘道於 5 秒內停止接受" {
		t.Errorf("at the top stands %q", got)
	}
	counting(t, w, brokerUBN, first)
}
