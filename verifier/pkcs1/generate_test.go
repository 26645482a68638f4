package pkcs1

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGenerated: the assembly is what its generator writes, byte for byte.
func TestGenerated(t *testing.T) {
	dir := t.TempDir()
	const code, stubs = "lockstep_amd64.s", "lockstep_stubs_amd64.go"
	generate := exec.Command("go", "run", "./internal/lockstep", "-out", code, "-stubs", stubs, "-pkg", "pkcs1")
	// It names its own command line: the files have the names that go generate gives them.
	for name, place := range map[string]*string{code: &generate.Args[4], stubs: &generate.Args[6]} {
		*place = filepath.Join(dir, name)
	}
	if out, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{code, stubs} {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(withoutFirstLine(got), withoutFirstLine(want)) {
			t.Errorf("%s is not what go generate makes of it", name)
		}
	}
}

// withoutFirstLine leaves out the command line, which names the directory.
func withoutFirstLine(b []byte) []byte {
	_, rest, _ := bytes.Cut(b, []byte("\n"))
	return rest
}
