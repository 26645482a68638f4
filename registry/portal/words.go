package portal

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

//go:embed words/*.json
var wordFiles embed.FS

// A word is what is said, in each language. {1}, {2} ... stand for arguments.
type word struct {
	Chinese string `json:"zh"`
	English string `json:"en"`
}

// words are everything the portal says. Keys begin with the name of their file.
type words struct{ byKey map[string]word }

// readWords reads words/*.json. Every word has both languages, with the same arguments.
func readWords(files fs.FS) (*words, error) {
	names, err := fs.Glob(files, "words/*.json")
	if err != nil {
		return nil, err
	}
	w := &words{make(map[string]word)}
	var errs []error
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var file map[string]word
		if err := json.Unmarshal(text, &file); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		prefix := strings.TrimSuffix(path.Base(name), ".json") + "."
		for key, said := range file {
			switch {
			case !strings.HasPrefix(key, prefix):
				errs = append(errs, fmt.Errorf("%s: %s doesn't begin with %s", name, key, prefix))
			case said.Chinese == "" || said.English == "":
				errs = append(errs, fmt.Errorf("%s: %s is missing in a language", name, key))
			case arguments(said.Chinese) != arguments(said.English):
				errs = append(errs, fmt.Errorf("%s: %s has other arguments in English", name, key))
			}
			w.byKey[key] = said
		}
	}
	return w, errors.Join(errs...)
}

// arguments counts which of {1} to {9} are there, as bits.
func arguments(text string) (set int) {
	for i := 1; i <= 9; i++ {
		if strings.Contains(text, placeholder(i)) {
			set |= 1 << i
		}
	}
	return set
}

func placeholder(i int) string { return "{" + strconv.Itoa(i) + "}" }

func (w *words) has(key string) bool { _, ok := w.byKey[key]; return ok }

// text returns what is said. A key that doesn't exist is shown itself: a test finds it.
func (w *words) text(l tongue, key string, args ...any) string {
	said, ok := w.byKey[key]
	if !ok {
		return "[" + key + "]"
	}
	text := said.Chinese
	if l == english {
		text = said.English
	}
	if len(args) == 0 {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for i, arg := range args {
		pairs = append(pairs, placeholder(i+1), fmt.Sprint(arg))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
