package xmltext

import "bytes"

// prolog checks the document's size and encoding, and reads the byte order mark and
// the XML declaration.
func (t *Tokenizer) prolog() *Error {
	if len(t.doc) > t.limits.Bytes {
		return t.tooLarge(0, "the document has %d bytes, more than %d", len(t.doc), t.limits.Bytes)
	}
	if name := foreignEncoding(t.doc); name != "" {
		return newError(t.doc, Forbidden, 0, "the document is in %s, not in UTF-8", name)
	}
	if bytes.HasPrefix(t.doc, []byte("\xEF\xBB\xBF")) {
		t.pos = 3
	}
	rest := t.doc[t.pos:]
	if bytes.HasPrefix(rest, []byte("<?xml")) && len(rest) > 5 && isSpace(rest[5]) {
		return t.declaration()
	}
	return nil
}

// foreignEncoding names an encoding that the first bytes give away (XML 1.0, appendix
// F), empty where there is none.
func foreignEncoding(doc []byte) string {
	for _, mark := range []struct{ bytes, name string }{
		{"\x00\x00\xFE\xFF", "UTF-32"}, {"\xFF\xFE\x00\x00", "UTF-32"},
		{"\x00\x00\x00<", "UTF-32"}, {"<\x00\x00\x00", "UTF-32"},
		{"\xFE\xFF", "UTF-16"}, {"\xFF\xFE", "UTF-16"},
		{"\x00<", "UTF-16"}, {"<\x00", "UTF-16"},
		{"\x4C\x6F\xA7\x94", "EBCDIC"}, {"+/v", "UTF-7"}, {"+ADw", "UTF-7"},
	} {
		if bytes.HasPrefix(doc, []byte(mark.bytes)) {
			return mark.name
		}
	}
	return ""
}

// declaration reads the XML declaration (XML 1.0, production 23).
func (t *Tokenizer) declaration() *Error {
	i := t.pos + len("<?xml")
	for step, name := range []string{"version", "encoding", "standalone"} {
		after := t.skipSpace(i)
		if !bytes.HasPrefix(t.doc[after:], []byte(name)) {
			if step == 0 {
				return t.fail(after, "the XML declaration has no version")
			}
			continue
		}
		if after == i {
			return t.fail(i, "white space is missing in the XML declaration")
		}
		value, end, err := t.pseudoAttribute(after + len(name))
		if err != nil {
			return err
		}
		if err := t.checkDeclared(name, value, after); err != nil {
			return err
		}
		i = end
	}
	i = t.skipSpace(i)
	if !bytes.HasPrefix(t.doc[i:], []byte("?>")) {
		return t.fail(i, "the XML declaration is not ended by ?> where it should be")
	}
	t.pos = i + len("?>")
	t.Finish = t.pos
	return nil
}

// pseudoAttribute reads ="value" at offset.
func (t *Tokenizer) pseudoAttribute(offset int) (value []byte, end int, err *Error) {
	i := t.skipSpace(offset)
	if i >= len(t.doc) || t.doc[i] != '=' {
		return nil, 0, t.fail(i, "= is missing in the XML declaration")
	}
	i = t.skipSpace(i + 1)
	if i >= len(t.doc) || t.doc[i] != '"' && t.doc[i] != '\'' {
		return nil, 0, t.fail(i, "a value in the XML declaration is not quoted")
	}
	size := bytes.IndexByte(t.doc[i+1:min(len(t.doc), i+1+100)], t.doc[i])
	if size < 0 {
		return nil, 0, t.fail(i, "a value in the XML declaration is not ended")
	}
	return t.doc[i+1 : i+1+size], i + 1 + size + 1, nil
}

func (t *Tokenizer) checkDeclared(name string, value []byte, offset int) *Error {
	switch name {
	case "version":
		if string(value) != "1.0" {
			return newError(t.doc, Forbidden, offset, "the document is in XML %s, not in XML 1.0", quote(value))
		}
	case "encoding":
		if !bytes.EqualFold(value, []byte("UTF-8")) && !bytes.EqualFold(value, []byte("UTF8")) {
			return newError(t.doc, Forbidden, offset, "the document declares the encoding %s, not UTF-8", quote(value))
		}
	case "standalone":
		if string(value) != "yes" && string(value) != "no" {
			return t.fail(offset, "standalone is neither yes nor no")
		}
	}
	return nil
}
