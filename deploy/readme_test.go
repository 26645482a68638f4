package deploy

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReadmeNamesTests: every test that the README names is there, promises' above all, and
// every command of make that it names.
func TestReadmeNamesTests(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	there := testNames(t)
	named := regexp.MustCompile("`(Test[A-Za-z0-9_]+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 8 {
		t.Errorf("the README names %d tests", len(named))
	}
	for _, name := range named {
		if !slices.Contains(there, name[1]) {
			t.Errorf("the README names %s, which is no test", name[1])
		}
	}
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range regexp.MustCompile("(?m)(?:^|`)make ([a-z][a-z-]*)").FindAllStringSubmatch(string(text), -1) {
		if !regexp.MustCompile(`(?m)^` + command[1] + `:`).Match(makefile) {
			t.Errorf("the README names make %s, which is no target", command[1])
		}
	}
}

// testNames are all tests of the module.
func testNames(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)`).FindAllSubmatch(text, -1) {
			names = append(names, string(found[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
