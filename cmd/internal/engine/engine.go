// Package engine makes the verifier that programs judge by: whoever explains verdicts must
// be configured as whoever gives them.
package engine

import (
	"fmt"
	"os"
	"time"

	"turnkey-gateway/cmd/internal/config"
	"turnkey-gateway/verifier"
)

// A Config is what judging depends on besides the registry.
type Config struct {
	// Profile is the signature profile, cpt or interop; cpt by default.
	Profile string

	// LegacySHA1Until lets SHA-1 signatures pass in documents received before it; zero,
	// the default, means never.
	LegacySHA1Until time.Time

	// ClaimsFile holds the table of which elements of which message types claim to
	// name the sender. None means the built-in table, which is an assumption; a file
	// that holds {} turns the check off.
	ClaimsFile string
}

// New returns a verifier within limits. The prefix begins the names of the variables it was configured by.
func New(prefix string, cfg Config, limits verifier.Limits) (*verifier.Engine, error) {
	profile, err := verifier.ProfileNamed(cfg.Profile)
	if err != nil {
		return nil, fmt.Errorf("%sPROFILE: %w", prefix, err)
	}
	profile.LegacySHA1Until = cfg.LegacySHA1Until
	claims, err := readClaims(cfg.ClaimsFile)
	if err != nil {
		return nil, fmt.Errorf("%sCLAIMS_FILE: %w", prefix, err)
	}
	engine, err := verifier.New(verifier.Config{
		Profile: profile,
		Limits:  limits,
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

// ReadConfig reads PROFILE, LEGACY_SHA1_UNTIL and CLAIMS_FILE, whose mistakes the reader
// knows.
func ReadConfig(r *config.Reader) Config {
	return Config{
		Profile: r.OneOf("PROFILE", []string{"cpt", "interop"}, "signature profile: cpt or interop"),
		LegacySHA1Until: optionalTime(r, "LEGACY_SHA1_UNTIL",
			"let SHA-1 pass in documents received before it, RFC 3339; none: never"),
		ClaimsFile: r.OptionalFile("CLAIMS_FILE", "JSON table of what claims to name the sender, by message type; none: the built-in one"),
	}
}

func optionalTime(r *config.Reader, name, meaning string) time.Time {
	text := r.String(name, "", meaning)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		r.Refuse(name, "is no moment: write, for example, 2027-06-30T00:00:00+08:00")
	}
	return t
}
