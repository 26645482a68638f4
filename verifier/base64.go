package verifier

import (
	"bytes"
	"encoding/base64"
	"errors"
)

var errBase64 = errors.New("not base64")

// decodeBase64 decodes a value of the schema type base64Binary: white space of XML may
// stand anywhere, as libraries break lines and indent; everything else is strict (RFC
// 4648, 3.3 and 3.5): the standard alphabet, all padding there, its unused bits zero,
// nothing behind it. So one value has one text but for white space. It is appended to
// dst; of text, which it changes, nothing is kept.
func decodeBase64(dst, text []byte) ([]byte, error) {
	packed := text
	if bytes.IndexByte(text, ' ') >= 0 || bytes.IndexByte(text, '\t') >= 0 {
		packed = withoutBlanks(text)
	}
	before := len(dst)
	dst, err := strictBase64.AppendDecode(dst, packed) // it passes over CR and LF itself
	if err != nil || len(dst) == before {
		return nil, errBase64
	}
	return dst, nil
}

// withoutBlanks packs text in place.
func withoutBlanks(text []byte) []byte {
	packed := text[:0]
	for _, c := range text {
		if c != ' ' && c != '\t' {
			packed = append(packed, c)
		}
	}
	return packed
}

var strictBase64 = base64.StdEncoding.Strict()
