package main

import (
	"strings"
	"testing"
)

func TestTableAlignsChineseText(t *testing.T) {
	tb := newTable("ACCOUNT", "種類", "STATE")
	tb.add("97162640", "通關專屬憑證", "in force")
	tb.add("a@example.org", "工商", "revoked")
	var b strings.Builder
	tb.print(&b)
	want := "" +
		"ACCOUNT        種類          STATE\n" +
		"97162640       通關專屬憑證  in force\n" +
		"a@example.org  工商          revoked\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}
