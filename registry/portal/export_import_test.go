package portal

import (
	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// ReadImportFile reads what 通關憑證註冊 was given.
var ReadImportFile = readImportFile

// QueryBucket limits the queries by a kind of identifier of everybody together.
func QueryBucket(kind verifier.IdentifierKind) registry.Bucket {
	for _, q := range queries {
		if q.kind == kind {
			return q.all
		}
	}
	return registry.Bucket{}
}
