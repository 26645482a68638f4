package registry_test

import (
	"encoding/pem"
	"io/fs"
	"testing"
	"testing/fstest"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier/verifiertest"
)

func pemOf(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// issuerFiles is a directory of the sample authorities that issue to holders.
func issuerFiles(pki *verifiertest.PKI) fs.FS {
	return fstest.MapFS{
		"moica/g2.cer":     {Data: pki.MOICA.Certificate.Raw},
		"moeaca/g2.pem":    {Data: pemOf(pki.MOEACA.Certificate.Raw)},
		"customs/fxml.pem": {Data: pemOf(pki.Customs.Certificate.Raw)},
	}
}

func TestLoadIssuersRefuses(t *testing.T) {
	pki := newPKI(t)
	holders := issue(t, pki.MOEACA, company)
	for name, files := range map[string]fstest.MapFS{
		"nothing":               {},
		"another directory":     {"other/a.pem": {Data: pemOf(pki.MOEACA.Certificate.Raw)}},
		"no certificate":        {"moeaca/README": {Data: []byte("certificates go here")}},
		"a holder's":            {"moeaca/a.pem": {Data: pemOf(holders.DER())}},
		"one root of two kinds": {"moeaca/a.pem": {Data: pki.Government.Certificate.Raw}, "moica/a.pem": {Data: pki.Government.Certificate.Raw}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := registry.LoadIssuers(files); err == nil {
				t.Error("it was loaded")
			}
		})
	}
}

// TestIssuerDecidesKind gives a certificate whose names look like nothing known to an
// authority that is configured.
func TestIssuerDecidesKind(t *testing.T) {
	pki := newPKI(t)
	issuers, err := registry.LoadIssuers(fstest.MapFS{"customs/any.pem": {Data: pemOf(pki.Government.Certificate.Raw)}})
	if err != nil {
		t.Fatal(err)
	}
	r := rules(t, pki)
	r.Issuers = issuers
	admission, err := r.Admit(issue(t, pki.Government, company), traderFile, now)
	if err != nil {
		t.Fatal(err)
	}
	if admission.Kind != registry.Customs || !admission.Known {
		t.Errorf("admitted as %s, known %v", admission.Kind, admission.Known)
	}
}

// TestRootAloneKnowsNothing configures the root above the authority that issued: that a
// root stands behind an authority doesn't say which kind it issues.
func TestRootAloneKnowsNothing(t *testing.T) {
	pki := newPKI(t)
	issuers, err := registry.LoadIssuers(fstest.MapFS{"moeaca/root.pem": {Data: pemOf(pki.Government.Certificate.Raw)}})
	if err != nil {
		t.Fatal(err)
	}
	r := rules(t, pki)
	r.Issuers = issuers
	admission, err := r.Admit(issue(t, pki.MOEACA, company), traderFile, now)
	if err != nil {
		t.Fatal(err)
	}
	if admission.Known {
		t.Error("the issuer counts as known")
	}
}
