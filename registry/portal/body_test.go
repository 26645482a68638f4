package portal_test

import "strings"

// body is a page's main part.
func body(text string) string {
	_, main, _ := strings.Cut(text, "<main")
	return main
}
