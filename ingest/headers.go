package ingest

// Names of the headers on records. They are API.
const (
	headerPrefix = "turnkey-"

	// Input, kept.
	HeaderAccount    = "turnkey-account"
	HeaderReceivedAt = "turnkey-received-at"

	// Output.
	HeaderEventID         = "turnkey-event-id"
	HeaderVerdict         = "turnkey-verdict"
	HeaderReason          = "turnkey-reason"
	HeaderDetail          = "turnkey-detail"
	HeaderParty           = "turnkey-party"
	HeaderSignerSHA256    = "turnkey-signer-sha256"
	HeaderSignerSerial    = "turnkey-signer-serial"
	HeaderMessageType     = "turnkey-message-type"
	HeaderMessageID       = "turnkey-message-id"
	HeaderRegistryVersion = "turnkey-registry-version"
	HeaderDecidedAt       = "turnkey-decided-at"
	HeaderSource          = "turnkey-source"
	HeaderSignedSHA256    = "turnkey-signed-sha256"
)

// Values of HeaderVerdict.
const (
	VerdictVerified    = "verified"
	VerdictRejected    = "rejected"
	VerdictQuarantined = "quarantined"
)
