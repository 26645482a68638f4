package main

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"time"

	"turnkey-gateway/bench/cost"
)

// A reading is where the time of one document's verification goes.
type reading struct {
	what string
	cost.Reading
}

// readProfile samples the verification of a document for a slice of time.
func readProfile(what string, work func() error, slice time.Duration) (reading, error) {
	var raw bytes.Buffer
	if err := pprof.StartCPUProfile(&raw); err != nil {
		return reading{}, fmt.Errorf("profile %s: %w", what, err)
	}
	var err error
	for begun := time.Now(); time.Since(begun) < slice && err == nil; {
		err = work()
	}
	pprof.StopCPUProfile()
	if err != nil {
		return reading{}, err
	}
	p, err := cost.Merge(raw.Bytes())
	if err != nil {
		return reading{}, fmt.Errorf("profile %s: %w", what, err)
	}
	return reading{what, cost.Read(p, rooms)}, nil
}

// rooms say by a function's package what it works for.
var rooms = []cost.Room{
	{Name: "SHA-256", Part: "sha256"},
	{Name: "RSA", Part: "pkcs1"}, {Name: "RSA", Part: "crypto/rsa"}, {Name: "RSA", Part: "fips140/rsa"}, {Name: "RSA", Part: "bigmod"},
	{Name: "tokenizer", Part: "verifier/xmltext"},
	{Name: "canonical form", Part: "verifier/c14n"},
	{Name: "signature, message, judgement", Part: "turnkey-gateway/verifier."},
}
