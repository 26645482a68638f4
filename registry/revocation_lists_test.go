package registry_test

import (
	"encoding/pem"
	"errors"
	"math/big"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

func listOf(t testing.TB, by *verifiertest.Authority, nextUpdate time.Time, serials ...*big.Int) []byte {
	t.Helper()
	der, err := by.RevocationList(now.AddDate(0, 0, -2), nextUpdate, serials...)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// withLists are rules that believe the authority of companies and know these lists of it.
func withLists(t testing.TB, pki *verifiertest.PKI, lists map[string][]byte) *registry.Rules {
	t.Helper()
	files := fstest.MapFS{"moeaca/g2.cer": {Data: pki.MOEACA.Certificate.Raw}}
	for name, list := range lists {
		files["moeaca/"+name] = &fstest.MapFile{Data: list}
	}
	issuers, err := registry.LoadIssuers(files)
	if err != nil {
		t.Fatal(err)
	}
	r := rules(t, pki)
	r.Issuers = issuers
	return r
}

func TestRevocationLists(t *testing.T) {
	pki := newPKI(t)
	good, bad, worse := issue(t, pki.MOEACA, company), issue(t, pki.MOEACA, company), issue(t, pki.MOEACA, company)
	serial := func(c *verifier.Certificate) *big.Int { return c.X509().SerialNumber }
	fresh, past := now.AddDate(0, 0, 1), now.AddDate(0, 0, -1)
	tests := []struct {
		name     string
		lists    map[string][]byte
		cert     *verifier.Certificate
		refusal  string
		warnings []string
	}{
		{"no list", nil, bad, "", nil},
		{"another is revoked", map[string][]byte{"a.crl": listOf(t, pki.MOEACA, fresh, serial(bad))}, good, "", nil},
		{"revoked", map[string][]byte{"a.crl": listOf(t, pki.MOEACA, fresh, serial(bad))}, bad, "REVOKED_BY_ISSUER", nil},
		{"revoked, in PEM, name in capitals", map[string][]byte{"A.CRL": pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: listOf(t, pki.MOEACA, fresh, serial(bad))})}, bad, "REVOKED_BY_ISSUER", nil},
		{"an empty list", map[string][]byte{"a.crl": listOf(t, pki.MOEACA, fresh)}, good, "", nil},
		{"stale", map[string][]byte{"a.crl": listOf(t, pki.MOEACA, past, serial(bad))}, good, "", []string{"CRL_STALE"}},
		{"revoked by a stale list", map[string][]byte{"a.crl": listOf(t, pki.MOEACA, past, serial(bad))}, bad, "REVOKED_BY_ISSUER", nil},
		{"revoked by the second of two", map[string][]byte{"a.crl": listOf(t, pki.MOEACA, fresh, serial(worse)), "b.crl": listOf(t, pki.MOEACA, fresh, serial(bad), serial(worse))}, bad, "REVOKED_BY_ISSUER", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			admission, err := withLists(t, pki, tt.lists).Admit(tt.cert, traderFile, now)
			if got := codeOf(t, err); got != tt.refusal {
				t.Errorf("refused as %q, want %q", got, tt.refusal)
			}
			if err != nil && !strings.Contains(err.Error(), "2026-02-28") {
				t.Errorf("%v: no date", err)
			}
			var warnings []string
			for _, w := range admission.Warnings {
				checkMessage(t, w)
				warnings = append(warnings, w.Code)
			}
			if !slices.Equal(warnings, tt.warnings) {
				t.Errorf("warnings %v, want %v", warnings, tt.warnings)
			}
		})
	}
}

// TestListsAreOfTheirIssuerOnly has one authority list the serial that another gave.
func TestListsAreOfTheirIssuerOnly(t *testing.T) {
	pki := newPKI(t)
	cert := issue(t, pki.Customs, customs)
	issuers, err := registry.LoadIssuers(fstest.MapFS{
		"customs/a.cer": {Data: pki.Customs.Certificate.Raw},
		"moeaca/a.cer":  {Data: pki.MOEACA.Certificate.Raw},
		"moeaca/a.crl":  {Data: listOf(t, pki.MOEACA, now.AddDate(0, 0, 1), cert.X509().SerialNumber)},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := rules(t, pki)
	r.Issuers = issuers
	if _, err := r.Admit(cert, traderFile, now); err != nil {
		t.Error(err)
	}
}

func TestLoadIssuersRefusesLists(t *testing.T) {
	pki := newPKI(t)
	mine := listOf(t, pki.MOEACA, now.AddDate(0, 0, 1), big.NewInt(7))
	altered := slices.Clone(mine)
	altered[len(altered)-1] ^= 1
	for name, list := range map[string][]byte{
		"another's":              listOf(t, pki.Customs, now.AddDate(0, 0, 1)),
		"a wrong signature":      altered,
		"a page instead":         []byte("<html>not found</html>"),
		"cut short":              mine[:len(mine)/2],
		"a certificate":          pki.MOEACA.Certificate.Raw,
		"a serial of 21 octets":  listOf(t, pki.MOEACA, now.AddDate(0, 0, 1), new(big.Int).Lsh(big.NewInt(1), 8*20)),
		"one in PEM, and bad":    append(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: mine}), pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: altered})...),
		"nothing in it, no name": {},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := registry.LoadIssuers(fstest.MapFS{
				"moeaca/a.cer": {Data: pki.MOEACA.Certificate.Raw}, "moeaca/b.crl": {Data: list},
			})
			if err == nil || !strings.Contains(err.Error(), "moeaca/b.crl") {
				t.Errorf("loaded: %v", err)
			}
		})
	}
}

// TestLargeRevocationList loads a list as long as that of 自然人憑證.
func TestLargeRevocationList(t *testing.T) {
	const n = 100_000
	pki := newPKI(t)
	cert := issue(t, pki.MOEACA, company)
	serials := make([]*big.Int, n)
	for i := range serials {
		serials[i] = new(big.Int).Add(cert.X509().SerialNumber, big.NewInt(int64(1+(i*7919)%n)))
	}
	list := listOf(t, pki.MOEACA, now.AddDate(0, 0, 1), serials...)
	before := heap()
	r := withLists(t, pki, map[string][]byte{"a.crl": list})
	if kept := heap() - before; kept > 4<<20 {
		t.Errorf("%d bytes are kept of %d serials", kept, n)
	}
	if _, err := r.Admit(cert, traderFile, now); err != nil {
		t.Error(err)
	}
	r = withLists(t, pki, map[string][]byte{"a.crl": list, "b.crl": listOf(t, pki.MOEACA, now.AddDate(0, 0, 1), cert.X509().SerialNumber)})
	if _, err := r.Admit(cert, traderFile, now); codeOf(t, err) != "REVOKED_BY_ISSUER" {
		t.Errorf("got %v", err)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestIssuersAreReadAnew has a list come while the set is in use, and then a broken one.
func TestIssuersAreReadAnew(t *testing.T) {
	pki := newPKI(t)
	cert := issue(t, pki.MOEACA, company)
	r := withLists(t, pki, nil)
	if _, err := r.Admit(cert, traderFile, now); err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{
		"moeaca/g2.cer": {Data: pki.MOEACA.Certificate.Raw},
		"moeaca/a.crl":  {Data: listOf(t, pki.MOEACA, now.AddDate(0, 0, 1), cert.X509().SerialNumber)},
	}
	if err := r.Issuers.Reload(files); err != nil {
		t.Fatal(err)
	}
	files["moeaca/a.crl"] = &fstest.MapFile{Data: []byte("broken")}
	if err := r.Issuers.Reload(files); err == nil {
		t.Error("a broken list is read")
	}
	_, err := r.Admit(cert, traderFile, now)
	var refused *registry.Refusal
	if !errors.As(err, &refused) || refused.Code != "REVOKED_BY_ISSUER" {
		t.Errorf("after a list came, and a broken one: %v", err)
	}
}
