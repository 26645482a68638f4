package main

import (
	"fmt"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"turnkey-gateway/verifier"
)

// newEngine returns the verifier as configured.
func newEngine(cfg Config) (*verifier.Engine, error) {
	profile, err := verifier.ProfileNamed(cfg.Profile)
	if err != nil {
		return nil, fmt.Errorf("GATEWAY_PROFILE: %w", err)
	}
	profile.LegacySHA1Until = cfg.LegacySHA1Until
	claims, err := readClaims(cfg.ClaimsFile)
	if err != nil {
		return nil, fmt.Errorf("GATEWAY_CLAIMS_FILE: %w", err)
	}
	engine, err := verifier.New(verifier.Config{
		Profile: profile,
		Limits:  verifier.Limits{Bytes: cfg.MaxDocument},
		Claims:  claims,
	})
	if err != nil {
		return nil, fmt.Errorf("configure the verifier: %w", err)
	}
	return engine, nil
}

// readClaims returns the table in a file, the built-in one where none is named.
func readClaims(path string) (verifier.ClaimTable, error) {
	if path == "" {
		return verifier.DefaultClaims(), nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return verifier.ParseClaims(text)
}

// newEngineInfo shows which of the processor's instructions verify: machines of one group
// that differ in it differ in how much they take.
func newEngineInfo(reg prometheus.Registerer) {
	in := verifier.InstructionsUsed()
	promauto.With(reg).NewGauge(prometheus.GaugeOpts{
		Name:        "turnkey_engine_info",
		Help:        "Always 1; labels name the instructions by which the engine works, see verifier.Instructions.",
		ConstLabels: prometheus.Labels{"rsa": in.RSA, "sha256": in.SHA256, "scan": in.Scan},
	}).Set(1)
}
