package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"turnkey-gateway/verifier/verifiertest/differential"
)

// keep writes each finding of a seed, and beside it the document that it is about. Those
// of the seed that were there before go.
func keep(r differential.Result, dir string) error {
	if err := forget(r.Seed, dir); err != nil {
		return err
	}
	for i, f := range r.Findings {
		path := filepath.Join(findingsDir(dir), fmt.Sprintf("%d-%d", r.Seed, i))
		err := errors.Join(os.WriteFile(path+".txt", []byte(text(f)), 0o600), os.WriteFile(path+".xml", f.Document, 0o600))
		if err != nil {
			return fmt.Errorf("keep a finding: %w", err)
		}
	}
	return nil
}

func forget(seed uint64, dir string) error {
	old, err := filepath.Glob(filepath.Join(findingsDir(dir), fmt.Sprintf("%d-*", seed)))
	for _, path := range old {
		err = errors.Join(err, os.Remove(path))
	}
	if err != nil {
		return fmt.Errorf("forget a finding: %w", err)
	}
	return nil
}

// text says what was found, for people.
func text(f differential.Finding) string {
	of := "the document itself"
	if f.Mutation >= 0 {
		of = fmt.Sprintf("change %d, %s", f.Mutation, f.Change)
	}
	return fmt.Sprintf("seed %d, %s\nlaw %s\n%s\n", f.Seed, of, f.Law, f.What)
}

// replay tries one seed and prints what is found.
func replay(o options, out io.Writer) error {
	r, _, end, err := start(o)
	if err != nil {
		return err
	}
	defer end()
	tried := r.Seed(o.seed)
	for _, f := range tried.Findings {
		fmt.Fprintf(out, "%s\n%s\n\n", text(f), f.Document)
	}
	fmt.Fprintf(out, "seed %d: %d document, %d changes, %d findings\n", o.seed, tried.Counts.Documents, tried.Counts.Mutations, len(tried.Findings))
	if n := len(tried.Findings); n > 0 {
		return fmt.Errorf("%d findings", n)
	}
	return nil
}
