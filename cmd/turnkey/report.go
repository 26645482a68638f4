package main

import (
	"encoding/json"
	"fmt"
	"io"
)

// A status is how a check came out. The values are API (doctor --json).
type status string

const (
	statusOK   status = "OK"
	statusWarn status = "WARN" // works, until something else goes wrong
	statusFail status = "FAIL" // messages wait, or a promise does not hold
)

// A finding is what one check found, and what to do about it.
type finding struct {
	Check  string `json:"check"`
	Status status `json:"status"`
	Found  string `json:"found"`
	Mend   string `json:"mend,omitempty"` // empty where all is well
}

// A report collects findings in the order they were made.
type report struct{ findings []finding }

func (r *report) add(check string, s status, found, mend string) {
	r.findings = append(r.findings, finding{check, s, found, mend})
}

func (r *report) ok(check, format string, args ...any) {
	r.add(check, statusOK, fmt.Sprintf(format, args...), "")
}

func (r *report) warn(check, found, mend string) { r.add(check, statusWarn, found, mend) }

func (r *report) fail(check, found, mend string) { r.add(check, statusFail, found, mend) }

// exitCode is 0 where all is well, 1 with warnings, 2 with failures: what monitoring
// plugins return.
func (r *report) exitCode() int {
	code := 0
	for _, f := range r.findings {
		switch f.Status {
		case statusWarn:
			code = max(code, 1)
		case statusFail:
			code = 2
		}
	}
	return code
}

func (r *report) print(w io.Writer) {
	width := 0
	counts := make(map[status]int)
	for _, f := range r.findings {
		width = max(width, cells.StringWidth(f.Check))
		counts[f.Status]++
	}
	for _, f := range r.findings {
		fmt.Fprintf(w, "%-4s  %s  %s\n", f.Status, cells.FillRight(f.Check, width), f.Found)
		if f.Mend != "" {
			fmt.Fprintf(w, "      %s  -> %s\n", cells.FillRight("", width), f.Mend)
		}
	}
	fmt.Fprintf(w, "%d checks: %d OK, %d WARN, %d FAIL\n", len(r.findings), counts[statusOK], counts[statusWarn], counts[statusFail])
}

func (r *report) printJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		Checks []finding `json:"checks"`
	}{r.findings})
}
