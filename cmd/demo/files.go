package main

import (
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// files are the secrets of one demo, as programs are given them, in its own directory.
type files struct {
	rig.KeyFiles
	database string // path of the file with its URL
	issuers  string // path of a directory with a directory for each kind of certificate
}

// writeFiles makes new keys and writes them, the database's URL, and the certificates (DER)
// of the issuers to believe.
func writeFiles(dir, databaseURL string, issuers map[registry.CertificateKind][]byte) (files, error) {
	keys, err := rig.NewKeyFiles(dir)
	if err != nil {
		return files{}, err
	}
	f := files{keys, filepath.Join(dir, "database"), filepath.Join(dir, "issuers")}
	if err := os.WriteFile(f.database, []byte(databaseURL+"\n"), 0o600); err != nil {
		return files{}, fmt.Errorf("write the database's URL: %w", err)
	}
	for kind, der := range issuers {
		of := filepath.Join(f.issuers, string(kind))
		err := os.MkdirAll(of, 0o755)
		if err == nil {
			err = os.WriteFile(filepath.Join(of, "issuer.cer"), der, 0o644)
		}
		if err != nil {
			return files{}, fmt.Errorf("write the issuers to believe: %w", err)
		}
	}
	return f, nil
}

// writeEnv writes what a shell may source to use bin/turnkey on the demo.
func writeEnv(dir string, g *ground, f files) (path string, err error) {
	path = filepath.Join(dir, "demo.env")
	var text string
	for _, v := range []struct{ name, value string }{
		{"BROKERS", strings.Join(g.kafka, ",")},
		{"TOPIC_INBOUND", g.topics.Inbound}, {"TOPIC_VERIFIED", g.topics.Verified},
		{"TOPIC_REJECTED", g.topics.Rejected}, {"TOPIC_QUARANTINE", g.topics.Quarantine},
		{"REDIS", g.redis}, {"REDIS_PREFIX", g.redisPrefix},
		{"DATABASE_FILE", f.database}, {"CACHE_KEY_FILE", f.Cache},
		{"LOOKUP_KEY_FILE", f.Lookup}, {"IDENTITY_KEY_FILE", f.Identity},
		{"ISSUERS_DIR", f.issuers},
	} {
		text += fmt.Sprintf("export TURNKEY_%s='%s'\n", v.name, v.value)
	}
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// writeSample writes a good message and the one certificate that its sender registered
// for signing, to try `turnkey verify` on.
func writeSample(dir string, c *corpus.Corpus, seed uint64) (message, certificate string, err error) {
	message, certificate = filepath.Join(dir, "sample.xml"), filepath.Join(dir, "sample.pem")
	only := make(map[string][]byte) // DER by account
	for _, p := range c.Parties() {
		if len(p.Certificates) == 2 { // the login one is first
			only[p.Account] = p.Certificates[1].DER
		}
	}
	plan, err := c.Plan(corpus.PlanConfig{Seed: seed, Mix: map[verifier.Reason]float64{verifier.Verified: 1}})
	if err != nil {
		return "", "", err
	}
	for {
		m, err := plan.Next()
		if err != nil {
			return "", "", err
		}
		der, found := only[m.Account]
		if !found {
			continue
		}
		if err := os.WriteFile(message, m.XML, 0o600); err != nil {
			return "", "", err
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		return message, certificate, os.WriteFile(certificate, text, 0o600)
	}
}
