package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"
)

// cells measures text as terminals show it: a Chinese character is two cells wide.
// Ambiguous characters count one, whatever the locale, so that output is the same
// everywhere.
var cells = func() *runewidth.Condition {
	c := runewidth.NewCondition()
	c.EastAsianWidth = false
	return c
}()

// A table is aligned columns under headings, for people; scripts use --json.
type table struct {
	headings []string
	rows     [][]string
}

func newTable(headings ...string) *table { return &table{headings: headings} }

// add appends a row; it must have as many cells as there are headings.
func (t *table) add(row ...string) {
	if len(row) != len(t.headings) {
		panic(fmt.Sprintf("a row of %d cells under %d headings", len(row), len(t.headings)))
	}
	t.rows = append(t.rows, row)
}

func (t *table) print(w io.Writer) {
	widths := make([]int, len(t.headings))
	for _, row := range append([][]string{t.headings}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], cells.StringWidth(cell))
		}
	}
	for _, row := range append([][]string{t.headings}, t.rows...) {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cells.FillRight(cell, widths[i]))
			line.WriteString("  ")
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}
