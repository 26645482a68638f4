package deploy

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "turnkey-gateway"

// mayImport is the direction of imports: what the packages of a room, tests aside, may
// use of ours beyond their own room. A longer path stands for an exception.
var mayImport = map[string][]string{
	"verifier": {},
	"registry": {"verifier"},
	"ingest":   {"verifier"},
	"deploy":   {},
	"cmd":      {"verifier", "registry", "ingest"},
	"cmd/demo": {"verifier", "registry", "ingest", "cmd", "bench/corpus", "bench/rig", "deploy/local"},
	"bench":    {"verifier", "registry", "ingest", "deploy/local"},
}

// topLevel is everything that may lie beside go.mod, files that begin with a dot aside.
var topLevel = []string{"Makefile", "README.md", "bench", "cmd", "deploy", "go.mod", "go.sum", "ingest", "registry", "verifier"}

// chosen are the libraries that the product is built on. Each is used by the product
// itself, not only by its tests.
var chosen = []string{
	"github.com/beevik/etree",
	"github.com/coder/websocket",
	"github.com/jackc/pgx/v5",
	"github.com/miekg/pkcs11",
	"github.com/prometheus/client_golang",
	"github.com/redis/go-redis/v9",
	"github.com/russellhaering/goxmldsig",
	"github.com/segmentio/kafka-go",
}

// outside are packages that let a room act on the world or ask it the time of day.
// The verifier decides from its arguments alone.
var outside = []string{"database/sql", "log", "log/slog", "net", "net/http", "os", "os/exec", "syscall"}

// A goPackage is what `go list -json` says of a package.
type goPackage struct {
	ImportPath, Name                   string
	Imports, TestImports, XTestImports []string
	CgoFiles                           []string
}

// room returns the package's path below the module, and the room that it lies in.
func (p goPackage) room() (path, room string) {
	path = strings.TrimPrefix(p.ImportPath, module+"/")
	room, _, _ = strings.Cut(path, "/")
	return path, room
}

func (p goPackage) testKit() bool { return isTestKit(p.ImportPath) }

// isTestKit reports whether a package, or one above it, is named as a test kit is: "…test".
func isTestKit(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(name string) bool { return strings.HasSuffix(name, "test") })
}

func TestImportsRunOneWay(t *testing.T) {
	for _, p := range packages(t) {
		path, room := p.room()
		allowed, known := mayImport[path]
		if !known {
			if allowed, known = mayImport[room]; !known {
				t.Errorf("%s lies in no room", path)
			}
		}
		for _, imported := range ours(p.Imports) {
			if !under(imported, room) && !slices.ContainsFunc(allowed, func(a string) bool { return under(imported, a) }) &&
				!(p.testKit() && under(imported, "deploy/local")) {
				t.Errorf("%s imports %s: %s may only import %v", path, imported, room, allowed)
			}
			if isTestKit(imported) && !p.testKit() && room != "bench" {
				t.Errorf("%s imports the test kit %s outside a test", path, imported)
			}
		}
	}
}

func TestIngestAndRegistryNeverMeet(t *testing.T) {
	for _, p := range packages(t) {
		path, room := p.room()
		for _, imported := range ours(slices.Concat(p.Imports, p.TestImports, p.XTestImports)) {
			if room == "ingest" && under(imported, "registry") || room == "registry" && under(imported, "ingest") {
				t.Errorf("%s imports %s, in a test perhaps: cmd introduces the two", path, imported)
			}
		}
	}
}

func TestVerifierActsOnNothing(t *testing.T) {
	for _, p := range packages(t) {
		path, room := p.room()
		if room != "verifier" || p.testKit() {
			continue
		}
		for _, imported := range p.Imports {
			if slices.Contains(outside, imported) {
				t.Errorf("%s imports %s: the verifier performs no I/O", path, imported)
			}
		}
	}
}

func TestOnlyTheCardAgentNeedsCgo(t *testing.T) {
	for _, p := range packages(t) {
		if path, _ := p.room(); len(p.CgoFiles) > 0 && path != "cmd/cardagent" {
			t.Errorf("%s uses cgo in %v", path, p.CgoFiles)
		}
	}
}

func TestTopLevelIsFixed(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); !strings.HasPrefix(name, ".") && name != "bin" && !slices.Contains(topLevel, name) {
			t.Errorf("%s lies beside go.mod: which room is it for?", name)
		}
	}
	for _, name := range topLevel {
		if _, err := os.Stat("../" + name); err != nil {
			t.Errorf("top level: %v", err)
		}
	}
}

func TestChosenLibrariesAreUsed(t *testing.T) {
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(goTool(t, "mod", "edit", "-json"), &mod); err != nil {
		t.Fatal(err)
	}
	required := map[string]bool{}
	for _, r := range mod.Require {
		required[r.Path] = !r.Indirect
	}
	var imported []string
	for _, p := range packages(t) {
		if !p.testKit() {
			imported = append(imported, p.Imports...)
		}
	}
	for _, library := range chosen {
		if !required[library] {
			t.Errorf("go.mod doesn't require %s directly", library)
		}
		if !slices.ContainsFunc(imported, func(path string) bool { return under(path, library) }) {
			t.Errorf("no package imports %s outside its tests", library)
		}
	}
}

// ours are the imports of this module, below its name.
func ours(imports []string) []string {
	var found []string
	for _, path := range imports {
		if rest, ok := strings.CutPrefix(path, module+"/"); ok {
			found = append(found, rest)
		}
	}
	return found
}

// under tells whether path is root or lies below it.
func under(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// packages lists what is there, whether it compiles or not: other checks tell that.
func packages(t *testing.T) []goPackage {
	t.Helper()
	var all []goPackage
	for stream := json.NewDecoder(bytes.NewReader(goTool(t, "list", "-e", "-json", module+"/..."))); ; {
		var p goPackage
		err := stream.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		t.Fatal("go list found no package")
	}
	return all
}

func goTool(t *testing.T, args ...string) []byte {
	t.Helper()
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
			t.Fatalf("go %s: %s", strings.Join(args, " "), failed.Stderr)
		}
		t.Fatal(err)
	}
	return out
}
