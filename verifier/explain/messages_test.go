package explain

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// said returns the formats of what the verifier says of documents and certificates, from
// its source.
func said(t *testing.T) []string {
	t.Helper()
	// What they say is about a configuration, or never leaves the verifier.
	silent := []string{"claims.go", "engine.go", "profile.go", "base64.go", "batch.go"}
	sayers := []string{"refuse", "violation", "say", "fail", "tooLarge", "newError", "New", "Errorf"}
	var formats []string
	for _, pattern := range []string{"../*.go", "../xmltext/*.go", "../c14n/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || slices.Contains(silent, filepath.Base(file)) {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				name := ""
				switch f := call.Fun.(type) {
				case *ast.Ident:
					name = f.Name
				case *ast.SelectorExpr:
					name = f.Sel.Name
				}
				if !slices.Contains(sayers, name) {
					return true
				}
				for _, arg := range call.Args {
					if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						format, err := strconv.Unquote(lit.Value)
						if err != nil {
							t.Fatal(err)
						}
						formats = append(formats, format)
						break
					}
				}
				return true
			})
		}
	}
	if len(formats) < 100 {
		t.Fatalf("only %d formats are found in the verifier's source", len(formats))
	}
	return formats
}

func TestEverythingTheVerifierSaysIsTranslated(t *testing.T) {
	formats := said(t)
	for _, m := range messages {
		formats = append(formats, m.English)
	}
	for _, format := range formats {
		if strings.Trim(format, "%vsw") == "" || format == "reference %s: %w" || strings.HasPrefix(format, "parse a certificate") {
			continue // nothing of its own; not said of documents
		}
		n := 0
		sample := verb.ReplaceAllStringFunc(format, func(string) string { n++; return "\"" + strconv.Itoa(n) + "\"" })
		got := translated(sample)
		if got.English != sample || !strings.ContainsFunc(got.Chinese, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%q is not translated: %+v", format, got)
		}
		for i := range n {
			if strings.Count(got.Chinese, strconv.Quote(strconv.Itoa(i+1))) != 1 {
				t.Errorf("%q: value %d is not in %q", format, i+1, got.Chinese)
			}
		}
		if strings.Contains(got.Chinese, "%!") {
			t.Errorf("%q: %q", format, got.Chinese)
		}
	}
}

func TestMessagesInMessagesAreTranslated(t *testing.T) {
	for english, chinese := range map[string]string{
		`reference "#x": no element has that Id`:                                             `Reference "#x"：沒有元素具有該 Id`,
		"the registered certificate can't be used: the RSA modulus is even":                  "已登錄的憑證無法使用：RSA 模數為偶數",
		"element \"a\\n\" is unknown, out of order or there twice in SignedInfo":             `SignedInfo 中的元素 "a\n" 不明、順序不符或重複`,
		"write the canonical form: the canonical form is many times as long as the document": "產生正規化內容：正規化後的長度為文件的許多倍",
		"a name is longer than 5 bytes":                                                      "名稱超過 5 位元組",
		"%s%d%!":                                                                             "%s%d%!",
	} {
		if got := translated(english).Chinese; got != chinese {
			t.Errorf("%q became %q, want %q", english, got, chinese)
		}
	}
}
