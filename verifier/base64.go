package verifier

import (
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
	packed := text[:0]
	for _, c := range text {
		switch c {
		case ' ', '\t', '\n', '\r':
		default:
			packed = append(packed, c)
		}
	}
	if len(packed) == 0 {
		return nil, errBase64
	}
	dst, err := strictBase64.AppendDecode(dst, packed)
	if err != nil {
		return nil, errBase64
	}
	return dst, nil
}

var strictBase64 = base64.StdEncoding.Strict()
