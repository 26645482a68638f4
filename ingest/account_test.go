package ingest

import (
	"strings"
	"testing"

	"github.com/segmentio/kafka-go"
)

func TestSender(t *testing.T) {
	account := func(values ...string) (h []kafka.Header) {
		h = append(h, kafka.Header{Key: "other", Value: []byte("x")})
		for _, v := range values {
			h = append(h, kafka.Header{Key: HeaderAccount, Value: []byte(v)})
		}
		return h
	}
	tests := []struct {
		name    string
		key     []byte
		headers []kafka.Header
		want    string
		cause   Cause
	}{
		{"header alone", nil, account("broker-1"), "broker-1", CauseNone},
		{"key alone", []byte("broker-1"), account(), "broker-1", CauseNone},
		{"both the same", []byte("broker-1"), account("broker-1"), "broker-1", CauseNone},
		{"Chinese", []byte("報關行"), nil, "報關行", CauseNone},
		{"as long as may be", []byte(strings.Repeat("a", 256)), nil, strings.Repeat("a", 256), CauseNone},
		{"neither", nil, account(), "", AccountMissing},
		{"different", []byte("broker-1"), account("broker-2"), "", AccountConflict},
		{"different in case", []byte("broker-1"), account("Broker-1"), "", AccountConflict},
		{"two headers", nil, account("broker-1", "broker-2"), "", AccountRepeated},
		{"the same header twice", []byte("broker-1"), account("broker-1", "broker-1"), "", AccountRepeated},
		{"empty header", nil, account(""), "", AccountInvalid},
		{"empty header beside a key", []byte("broker-1"), account(""), "", AccountConflict},
		{"empty key", []byte{}, nil, "", AccountInvalid},
		{"too long", []byte(strings.Repeat("a", 257)), nil, "", AccountInvalid},
		{"not UTF-8", []byte{'a', 0xff}, nil, "", AccountInvalid},
		{"a line feed", []byte("a\nb"), nil, "", AccountInvalid},
		{"a NUL", []byte("a\x00"), nil, "", AccountInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, cause := sender(tt.key, tt.headers)
			if got != tt.want || cause != tt.cause {
				t.Errorf("sender = %q, %q, want %q, %q", got, cause, tt.want, tt.cause)
			}
		})
	}
}

func TestOurs(t *testing.T) {
	for name, want := range map[string]bool{
		"turnkey-verdict": true, "Turnkey-Verdict": true, "turnkey-": true,
		"turnkey": false, "x-turnkey-verdict": false, "": false,
	} {
		if got := ours(name); got != want {
			t.Errorf("ours(%q) = %v", name, got)
		}
	}
}
