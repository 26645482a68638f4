package ingest

import (
	"slices"
	"testing"
)

// Event ids are API: consumers know a record that comes again by them. The value was
// computed with printf and sha256sum.
func TestEventID(t *testing.T) {
	s := Source{Topic: "turnkey.inbound", Partition: 3, Offset: 42}
	if got, want := s.EventID(), "38a67340dbe16ee48452b294b3959aa1"; got != want {
		t.Errorf("EventID = %s, want %s", got, want)
	}
	if got := s.String(); got != "turnkey.inbound/3/42" {
		t.Errorf("String = %s", got)
	}
}

// Header names are API.
func TestHeaderNames(t *testing.T) {
	got := []string{
		HeaderEventID, HeaderVerdict, HeaderReason, HeaderDetail, HeaderParty,
		HeaderSignerSHA256, HeaderSignerSerial, HeaderMessageType, HeaderMessageID,
		HeaderRegistryVersion, HeaderDecidedAt, HeaderSource, HeaderSignedSHA256,
		HeaderAccount, HeaderReceivedAt,
	}
	want := []string{
		"turnkey-event-id", "turnkey-verdict", "turnkey-reason", "turnkey-detail", "turnkey-party",
		"turnkey-signer-sha256", "turnkey-signer-serial", "turnkey-message-type", "turnkey-message-id",
		"turnkey-registry-version", "turnkey-decided-at", "turnkey-source", "turnkey-signed-sha256",
		"turnkey-account", "turnkey-received-at",
	}
	if !slices.Equal(got, want) {
		t.Errorf("headers are %q, want %q", got, want)
	}
}

// Causes are API: they stand where a verdict has its reason.
func TestCauses(t *testing.T) {
	want := []Cause{
		"ACCOUNT_MISSING", "ACCOUNT_REPEATED", "ACCOUNT_CONTRADICTORY", "ACCOUNT_INVALID", "TIMESTAMP_MISSING",
		"TIMESTAMP_CLAIMED", "RECORD_UNREADABLE", "RECORD_OVERSIZE", "MESSAGE_TOO_LARGE", "PANIC",
	}
	if !slices.Equal(causes, want) {
		t.Errorf("causes are %q, want %q", causes, want)
	}
	for _, c := range causes {
		if c.words() == "" {
			t.Errorf("%s has no words", c)
		}
	}
}
