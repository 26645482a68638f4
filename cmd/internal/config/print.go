package config

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

// A variable is one row of the table that [Reader.Print] shows.
type variable struct {
	name, value, def, meaning string
	set                       bool
}

// Print writes the effective values as a table: variable, value, default, meaning.
// Secrets are not in it: they live in files, of which it shows the paths.
func (r *Reader) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "VARIABLE\tVALUE\tDEFAULT\tMEANING")
	for _, v := range r.shown {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", v.name, orDash(redact(v.value)), orDash(v.def), v.meaning)
	}
	return t.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Secret returns the content of a secret's file, blanks around it removed. The
// error names the path and never the content.
func Secret(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	secret := strings.TrimSpace(string(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	if secret == "" {
		return "", fmt.Errorf("read secret: %s is empty", path)
	}
	return secret, nil
}
