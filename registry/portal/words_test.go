package portal_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"turnkey-gateway/registry/portal"
)

// said are string literals that look like keys of words, or (with a dot at the end) like
// the beginning of some.
var said = regexp.MustCompile("[\"`]([a-z_]+\\.[a-z0-9_.-]*)[\"`]")

// TestWordsAreUsedAndComplete: whatever the pages and the code say exists (in both
// languages: New refuses else), and nothing exists that nobody says. A key may be put
// together from a literal that ends in a dot.
func TestWordsAreUsedAndComplete(t *testing.T) {
	words, files := make(map[string]bool), make(map[string]bool)
	eachFile(t, portal.WordFiles, "words", func(name string, text []byte) {
		var file map[string]any
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		files[strings.TrimSuffix(name, ".json")] = true
		for key := range file {
			words[key] = true
		}
	})
	used, begun := make(map[string]bool), []string{}
	look := func(name string, text []byte) {
		for _, literal := range said.FindAllSubmatch(text, -1) {
			key := string(literal[1])
			if flow, _, _ := strings.Cut(key, "."); !files[flow] || strings.HasSuffix(key, ".html") || strings.HasSuffix(key, ".css") || strings.HasSuffix(key, ".js") || strings.HasSuffix(key, ".svg") {
				continue
			}
			if strings.HasSuffix(key, ".") {
				begun = append(begun, key)
				continue
			}
			if used[key] = true; !words[key] {
				t.Errorf("%s says %s, which is in no file of words", name, key)
			}
		}
	}
	eachFile(t, portal.PageFiles, "pages", look)
	sources, err := filepath.Glob("*.go")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		look(source, text)
	}
	for key := range words {
		found := used[key]
		for _, prefix := range begun {
			found = found || strings.HasPrefix(key, prefix)
		}
		if !found {
			t.Errorf("nobody says %s", key)
		}
	}
}

// TestPagesHoldNoInlineCode: the content security policy would refuse it.
func TestPagesHoldNoInlineCode(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|<script(>|[^>]*[^>]*>[^<]+<)`)
	external := regexp.MustCompile(`(?i)(src|href)="(https?:)?//`)
	eachFile(t, portal.PageFiles, "pages", func(name string, text []byte) {
		for _, found := range inline.FindAll(text, -1) {
			t.Errorf("%s holds %s", name, found)
		}
		for _, found := range external.FindAll(text, -1) {
			t.Errorf("%s fetches or links to %s", name, found)
		}
	})
}

// TestFormsAreTokened: every form that is posted begins with the session's token, and no
// input is called as a PIN might be.
func TestFormsAreTokened(t *testing.T) {
	forms := regexp.MustCompile(`(?s)<form[^>]*method="post"[^>]*>\s*(\{\{[^}]*\}\})?`)
	pin := regexp.MustCompile(`(?i)name="[^"]*pin[^"]*"`)
	eachFile(t, portal.PageFiles, "pages", func(name string, text []byte) {
		for _, form := range forms.FindAllSubmatch(text, -1) {
			if !strings.Contains(string(form[1]), "CSRF") {
				t.Errorf("%s: %s isn't followed by the token", name, form[0])
			}
		}
		if found := pin.Find(text); found != nil {
			t.Errorf("%s posts %s", name, found)
		}
	})
}

func eachFile(t *testing.T, files fs.FS, dir string, do func(name string, text []byte)) {
	t.Helper()
	entries, err := fs.ReadDir(files, dir)
	if err != nil || len(entries) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	for _, entry := range entries {
		text, err := fs.ReadFile(files, path.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		do(entry.Name(), text)
	}
}
