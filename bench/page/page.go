// Package page writes the pages of results: Markdown with tables, goals and drawings, in
// one form for all that is measured here.
package page

import (
	"fmt"
	"strings"
)

// A Page is Markdown in the making.
type Page struct{ strings.Builder }

// Printf appends text.
func (p *Page) Printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// Section begins a section with what it is about.
func (p *Page) Section(title, about string) { p.Printf("\n## %s\n\n%s\n\n", title, about) }

// Header starts a table; all columns but the first are aligned right.
func (p *Page) Header(columns ...string) {
	p.Row(columns...)
	p.Printf("|---|%s\n", strings.Repeat("---:|", len(columns)-1))
}

// Row is a row of a table.
func (p *Page) Row(cells ...string) { p.Printf("| %s |\n", strings.Join(cells, " | ")) }

// Drawing shows a file beside the page.
func (p *Page) Drawing(name string) { p.Printf("\n![%s](%s)\n", name, name) }
