package ingest

import (
	"strings"
	"unicode/utf8"

	"github.com/segmentio/kafka-go"
)

// accountLimit is the longest account name in bytes.
const accountLimit = 256

// sender returns the account a record names: its one turnkey-account header, or else
// its key. Where both are there they must agree. Otherwise the cause says what is
// wrong, which is the producer's fault and no matter of the document.
func sender(key []byte, headers []kafka.Header) (string, Cause) {
	var named []byte
	found := false
	for _, h := range headers {
		if h.Key != HeaderAccount {
			continue
		}
		if found {
			return "", AccountRepeated
		}
		found, named = true, h.Value
	}
	switch {
	case !found && key == nil:
		return "", AccountMissing
	case !found:
		named = key
	case key != nil && string(key) != string(named):
		return "", AccountConflict
	}
	if !validAccount(named) {
		return "", AccountInvalid
	}
	return string(named), CauseNone
}

func validAccount(name []byte) bool {
	if len(name) == 0 || len(name) > accountLimit || !utf8.Valid(name) {
		return false
	}
	for _, c := range name {
		if c < ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

// ours reports whether a header's name is one that only the gateway may set. Case is
// ignored, for the sake of consumers that ignore it.
func ours(name string) bool {
	return len(name) >= len(headerPrefix) && strings.EqualFold(name[:len(headerPrefix)], headerPrefix)
}
