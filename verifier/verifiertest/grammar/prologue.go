package grammar

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf16"
)

// Changes of document type, version and encoding.
var prologChanges = []change{
	{name: "DOCTYPE", apply: func(m *mutant) bool {
		name := m.root.name
		kind := &node{kind: text, raw: pick(m.source, []string{
			"<!DOCTYPE " + name + ">", "<!DOCTYPE x []>", "<!DOCTYPE " + name + " [<!ENTITY e \"x\">]>",
			"<!DOCTYPE " + name + " [<!ATTLIST " + name + " new CDATA \"x\">]>", "<!DOCTYPE " + name + " [<!ATTLIST " + name + " ID ID #IMPLIED>]>",
			"<!DOCTYPE r SYSTEM 'x\"><!--'>", "<!DOCTYPE " + name + " SYSTEM \"file:///etc/hostname\">", "<!doctype x>"})}
		m.before = slices.Insert(m.before, m.IntN(len(m.before)+1), kind)
		return true
	}},
	{name: "entity", apply: func(m *mutant) bool {
		t, ok := m.one(m.outside(func(n *node) bool { return n.kind == text && n.raw != "" }))
		if ok {
			t.raw += pick(m.source, []string{"&e;", "&nbsp;", "&#0;", "&#x1;", "&#xD800;", "&#x110000;", "&#99999999999999999999;", "&#X41;", "&#xFFFE;", "&amp", "& ", "&#;", "&#x;", "&LT;"})
		}
		return ok
	}},
	{name: "encoding declared otherwise", apply: func(m *mutant) bool {
		m.head = "<?xml version='1.0' encoding='" + pick(m.source, []string{
			"Big5", "UTF-16", "UTF-7", "IBM037", "ISO-8859-1", "US-ASCII", "utf8", "UTF_8", "UTF-8 ", "", "UTF-8' encoding='UTF-8"}) + "'?>"
		return true
	}},
	{name: "XML of another version", apply: func(m *mutant) bool {
		m.head = "<?xml version='" + pick(m.source, []string{"1.1", "2.0", "1.2", "", "1.0 ", "1", "1.00"}) + "'?>"
		return true
	}},
	{name: "declaration that is none", apply: func(m *mutant) bool {
		m.head = pick(m.source, []string{
			"<?XML version='1.0'?>", "<?xml?>", "<?xml encoding='UTF-8'?>", "<?xml version='1.0' standalone='maybe'?>", " <?xml version='1.0'?>",
			"<?xml version='1.0' encoding='UTF-8' standalone='yes' more='x'?>", "<?xml version='1.0'encoding='UTF-8'?>", "<?xml standalone='yes' version='1.0'?>", "<?xml version='1.0'>"})
		return true
	}},
	{name: "UTF-16", apply: func(m *mutant) bool {
		var order binary.AppendByteOrder = binary.BigEndian
		if m.oneIn(2) {
			order = binary.LittleEndian
		}
		words := utf16.Encode([]rune(strings.TrimPrefix(string(m.original), "\ufeff")))
		if m.oneIn(2) {
			words = append([]uint16{0xFEFF}, words...)
		}
		m.text = []byte{}
		for _, w := range words {
			m.text = order.AppendUint16(m.text, w)
		}
		return true
	}},
}
