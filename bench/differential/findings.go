package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"turnkey-gateway/verifier/verifiertest/differential"
)

// keep writes each finding, and beside it the document that it is about.
func keep(findings []differential.Finding, dir string) error {
	for i, f := range findings {
		path := filepath.Join(findingsDir(dir), fmt.Sprintf("%d-%d-%d", f.Seed, f.Mutation+1, i))
		err := errors.Join(os.WriteFile(path+".txt", []byte(text(f)), 0o600), os.WriteFile(path+".xml", f.Document, 0o600))
		if err != nil {
			return fmt.Errorf("keep a finding: %w", err)
		}
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
	oracles, end, err := differential.Start()
	if err != nil {
		return fmt.Errorf("start the oracles (make fuzz installs them): %w", err)
	}
	defer end()
	r, err := differential.New(oracles, o.mutations)
	if err != nil {
		return err
	}
	counts, findings := r.Seed(o.seed)
	for _, f := range findings {
		fmt.Fprintf(out, "%s\n%s\n\n", text(f), f.Document)
	}
	fmt.Fprintf(out, "seed %d: %d document, %d changes, %d findings\n", o.seed, counts.Documents, counts.Mutations, len(findings))
	if len(findings) > 0 {
		return fmt.Errorf("%d findings", len(findings))
	}
	return nil
}
