package xmltext

import (
	"bytes"
	"unicode/utf8"
)

// text reads character data up to the next '<'.
func (t *Tokenizer) text() (Kind, *Error) {
	doc, clean := t.doc, true
	i := t.pos
scan:
	for i < len(doc) {
		c := doc[i]
		if classes[c]&textStop == 0 {
			if i++; t.chart != nil {
				i = t.stop(stopsText, i)
			}
			continue
		}
		switch {
		case c == '<':
			break scan
		case c >= utf8.RuneSelf:
			size := charSize(doc[i:])
			if size == 0 {
				return EOF, t.badChar(i)
			}
			i += size
		case c == '&':
			_, size := Reference(doc[i:])
			if size == 0 {
				return EOF, t.badReference(i)
			}
			clean = clean && canonicalInText(doc[i:]) > 0
			i += size
		case c == '>':
			if i >= t.pos+2 && doc[i-1] == ']' && doc[i-2] == ']' {
				return EOF, t.fail(i-2, "]]> in character data")
			}
			clean = false
			i++
		case c == '\r':
			clean = false
			i++
		default:
			return EOF, t.badChar(i)
		}
	}
	t.Data, t.Clean = doc[t.pos:i], clean
	t.pos, t.Finish = i, i
	return Text, nil
}

func (t *Tokenizer) badReference(offset int) *Error {
	rest := t.doc[offset:min(len(t.doc), offset+MaxReference)]
	end := bytes.IndexByte(rest, ';')
	switch {
	case end < 0:
		return t.fail(offset, "& begins no reference: write &amp;")
	case len(rest) > 1 && rest[1] == '#':
		return t.fail(offset, "%s refers to no character that is allowed in XML", quote(rest[:end+1]))
	}
	return t.fail(offset, "entity %s is not defined: without a DTD only lt, gt, amp, quot and apos are", quote(rest[:end+1]))
}

// inside checks the characters from offset on until the bytes of stop, and returns
// where those begin. Clean is false where they hold what canonical text escapes.
func (t *Tokenizer) inside(offset int, stop, what string) (end int, clean bool, err *Error) {
	doc := t.doc
	clean = true
	for i := offset; i < len(doc); {
		c := doc[i]
		if classes[c]&markupStop == 0 {
			i++
			continue
		}
		if c == stop[0] && bytes.HasPrefix(doc[i:], []byte(stop)) {
			return i, clean, nil
		}
		switch {
		case c >= utf8.RuneSelf:
			size := charSize(doc[i:])
			if size == 0 {
				return 0, false, t.badChar(i)
			}
			i += size
			continue
		case c == '&', c == '<', c == '>', c == '\r':
			clean = false
		case c < ' ':
			return 0, false, t.badChar(i)
		}
		i++
	}
	return 0, false, t.fail(t.pos, "%s is not ended", what)
}

func (t *Tokenizer) cdata() (Kind, *Error) {
	begin := t.pos + len("<![CDATA[")
	end, clean, err := t.inside(begin, "]]>", "a CDATA section")
	if err != nil {
		return EOF, err
	}
	t.Data, t.Clean = t.doc[begin:end], clean
	t.pos = end + len("]]>")
	t.Finish = t.pos
	return CDATA, nil
}

func (t *Tokenizer) comment() (Kind, *Error) {
	begin := t.pos + len("<!--")
	end, _, err := t.inside(begin, "--", "a comment")
	if err != nil {
		return EOF, err
	}
	if end+2 >= len(t.doc) || t.doc[end+2] != '>' {
		return EOF, t.fail(end, "-- inside a comment")
	}
	t.Data = t.doc[begin:end]
	t.pos = end + len("-->")
	t.Finish = t.pos
	return Comment, nil
}

func (t *Tokenizer) instruction() (Kind, *Error) {
	begin := t.pos + len("<?")
	end, colon, err := t.scanName(begin)
	if err != nil {
		return EOF, err
	}
	target := t.doc[begin:end]
	switch {
	case colon >= 0:
		return EOF, t.fail(begin, "the target %s of a processing instruction holds a colon", quote(target))
	case len(target) == 3 && bytes.EqualFold(target, []byte("xml")):
		return EOF, t.fail(t.pos, "an XML declaration may stand only at the very start of the document")
	}
	finish, _, err := t.inside(end, "?>", "a processing instruction")
	if err != nil {
		return EOF, err
	}
	data := end
	for data < finish && isSpace(t.doc[data]) {
		data++
	}
	if data == end && data < finish {
		return EOF, t.fail(end, "no white space behind the target %s of a processing instruction", quote(target))
	}
	t.QName, t.Data = target, t.doc[data:finish]
	t.pos = finish + len("?>")
	t.Finish = t.pos
	return Instruction, nil
}
