package main

import (
	"bytes"
	"cmp"
	"fmt"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// A share is a part of the processor time.
type share struct {
	of    string
	share float64
}

// A reading is where the time of one document's verification goes.
type reading struct {
	what      string
	rooms     []share // which part of the work, most first
	functions []share // the innermost function, most first
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
	p, err := profile.Parse(&raw)
	if err != nil {
		return reading{}, fmt.Errorf("read the profile of %s: %w", what, err)
	}
	rooms, functions := make(map[string]int64), make(map[string]int64)
	var total int64
	for _, s := range p.Sample {
		count := s.Value[0]
		frames := framesOf(s)
		if len(frames) == 0 {
			continue
		}
		total += count
		rooms[room(frames)] += count
		functions[short(frames[0])] += count
	}
	return reading{what: what, rooms: shares(rooms, total), functions: shares(functions, total)}, nil
}

// framesOf names a sample's functions, the innermost first, inlined ones apart.
func framesOf(s *profile.Sample) []string {
	var names []string
	for _, location := range s.Location {
		for _, line := range location.Line {
			names = append(names, line.Function.Name)
		}
	}
	return names
}

// rooms say by a function's package what it works for.
var rooms = []struct{ name, part string }{
	{"SHA-256", "sha256"},
	{"RSA", "pkcs1"}, {"RSA", "crypto/rsa"}, {"RSA", "fips140/rsa"}, {"RSA", "bigmod"},
	{"tokenizer", "verifier/xmltext"},
	{"canonical form", "verifier/c14n"},
	{"signature, message, judgement", "turnkey-gateway/verifier."},
}

// room is what the innermost known function works for: copying and allocating count for
// whoever has it done.
func room(frames []string) string {
	for _, frame := range frames {
		for _, r := range rooms {
			if strings.Contains(frame, r.part) {
				return r.name
			}
		}
	}
	return "Go's runtime"
}

// short is a function's name without the path of its package.
func short(function string) string { return function[strings.LastIndexByte(function, '/')+1:] }

func shares(counts map[string]int64, total int64) []share {
	var all []share
	for name, count := range counts {
		all = append(all, share{name, float64(count) / float64(total)})
	}
	slices.SortFunc(all, func(a, b share) int {
		return cmp.Or(cmp.Compare(b.share, a.share), cmp.Compare(a.of, b.of))
	})
	return all
}
