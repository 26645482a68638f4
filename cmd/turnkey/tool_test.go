package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"turnkey-gateway/verifier/verifiertest"
)

// A result is what one run of the tool left behind.
type result struct {
	code           int
	stdout, stderr string
}

// turnkey runs the tool in-process without an environment and without input.
func turnkey(t *testing.T, args ...string) result {
	t.Helper()
	return turnkeyWith(t, nil, "", args...)
}

func turnkeyWith(t *testing.T, env map[string]string, stdin string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), args, strings.NewReader(stdin), &stdout, &stderr, func(name string) string { return env[name] })
	return result{code, stdout.String(), stderr.String()}
}

// want fails unless the run ended with a code, and both outputs hold these words.
func (r result) want(t *testing.T, code int, words ...string) result {
	t.Helper()
	if r.code != code {
		t.Fatalf("exit code %d, want %d\nstdout: %s\nstderr: %s", r.code, code, r.stdout, r.stderr)
	}
	for _, w := range words {
		if !strings.Contains(r.stdout+r.stderr, w) {
			t.Errorf("%q is not said\nstdout: %s\nstderr: %s", w, r.stdout, r.stderr)
		}
	}
	return r
}

// testPKI is shared: its authorities' keys take a second to make.
var testPKI = sync.OnceValues(func() (*verifiertest.PKI, error) { return verifiertest.NewPKI(1, time.Now()) })

// broker issues a customs certificate valid around now, with sample key number n.
func broker(t *testing.T, n int) *verifiertest.Identity {
	t.Helper()
	pki, err := testPKI()
	if err != nil {
		t.Fatal(err)
	}
	id, err := pki.Customs.Issue(verifiertest.CustomsHolder{BusinessID: "97162640", Ordinal: 6}, verifiertest.Terms{
		NotBefore: time.Now().Add(-24 * time.Hour),
		NotAfter:  time.Now().Add(180 * 24 * time.Hour),
		Key:       verifiertest.Key(n),
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// writeFile puts content into a file of a directory that the test owns.
func writeFile(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func certFile(t *testing.T, id *verifiertest.Identity) string {
	t.Helper()
	return writeFile(t, "cert.pem", id.CertificatePEM())
}

func keyFile(t *testing.T, id *verifiertest.Identity) string {
	t.Helper()
	key, err := id.KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "key.pem", key)
}
