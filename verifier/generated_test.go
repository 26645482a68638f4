package verifier

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGenerated: all assembly is what its generator writes, byte for byte.
func TestGenerated(t *testing.T) {
	files, err := filepath.Glob("*/*_amd64.go")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, file := range files {
		for line := range strings.Lines(string(readFile(t, file))) {
			if command, ok := strings.CutPrefix(line, "//go:generate "); ok {
				checked++
				t.Run(filepath.Dir(file), func(t *testing.T) { checkGenerated(t, filepath.Dir(file), strings.Fields(command)) })
			}
		}
	}
	if assembly, err := filepath.Glob("*/*.s"); err != nil || checked != len(assembly) || checked == 0 {
		t.Errorf("%d generators for %d files of assembly, %v", checked, len(assembly), err)
	}
}

// checkGenerated runs a command with other places for what it writes.
func checkGenerated(t *testing.T, dir string, command []string) {
	t.Helper()
	elsewhere := t.TempDir()
	var written []string
	for i, word := range command {
		if i > 0 && (command[i-1] == "-out" || command[i-1] == "-stubs") {
			written = append(written, word)
			command[i] = filepath.Join(elsewhere, word)
		}
	}
	run := exec.Command(command[0], command[1:]...)
	run.Dir = dir
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(written) != 2 {
		t.Fatalf("%v writes %v", command, written)
	}
	for _, name := range written {
		fresh, err := os.ReadFile(filepath.Join(elsewhere, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(withoutFirstLine(readFile(t, filepath.Join(dir, name))), withoutFirstLine(fresh)) {
			t.Errorf("%s is not what go generate makes of it", name)
		}
	}
}

// withoutFirstLine leaves out the command, which names the directory.
func withoutFirstLine(b []byte) []byte {
	_, rest, _ := bytes.Cut(b, []byte("\n"))
	return rest
}
