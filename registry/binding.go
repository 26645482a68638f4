package registry

import (
	"strings"

	"turnkey-gateway/verifier"
)

// A Binding says whether a certificate counts for a party at once.
type Binding struct {
	// InForce means that the certificate itself binds its key to the party. Else it is
	// to be registered as pending.
	InForce bool

	// Missing says, where it is pending, what it lacks.
	Missing []Message
}

// Bind decides whether an admitted certificate binds its key to the party that goes by
// the identifiers: it must name that party, and a configured issuer must stand behind
// that. A 自然人憑證 names only the last four digits of a national id, which thousands
// share: there, the holder of the card must have proved possession of the key besides.
//
// Possession alone binds nothing: whoever holds a key can name any party.
func (a Admission) Bind(party []Identifier, possession bool) Binding {
	if a.open {
		return Binding{InForce: true}
	}
	var missing []Message
	if !a.Known {
		missing = append(missing, Message{"ISSUER_NOT_CONFIGURED",
			"the certificate's issuer is not one that this registry is configured to believe: the party must confirm it after logging in with its login certificate, or an operator must",
			"此憑證的簽發者不在本系統設定的信任清單內：須由貴戶以登入憑證登入後確認，或由管理人員確認"})
	}
	switch {
	case a.names(party):
	case !a.resembles(party):
		missing = append(missing, Message{"NAMES_ANOTHER",
			"the certificate doesn't name this party: the party must confirm it after logging in with its login certificate, or prove that it holds the key and have that approved",
			"此憑證所載並非貴戶：須以登入憑證登入後確認，或證明持有該金鑰並經核可"})
	case !possession:
		missing = append(missing, Message{"POSSESSION_NOT_PROVED",
			"the certificate gives only the last four digits of the 身分證字號: prove with the card that you hold its key",
			"此憑證僅載有身分證字號末四碼：請以卡片證明持有該金鑰"})
	}
	return Binding{InForce: len(missing) == 0, Missing: missing}
}

// EndedBefore is what a certificate lacks that its party, or an operator, ended before.
func EndedBefore() Message {
	return Message{"ENDED_BEFORE",
		"the party deleted or replaced this certificate before: it must confirm it after logging in with its login certificate",
		"貴戶曾停用或更換此憑證：須以登入憑證登入後確認"}
}

// names reports whether the certificate says who holds it, and that is the party.
func (a Admission) names(party []Identifier) bool {
	for _, identifier := range party {
		if identifier.Kind == verifier.BusinessID && a.Holder.BusinessID != "" &&
			Normalize(identifier.Kind, identifier.Value) == a.Holder.BusinessID {
			return true
		}
	}
	return false
}

// resembles reports whether the certificate gives the last digits of a national id of
// the party.
func (a Admission) resembles(party []Identifier) bool {
	tail := a.Holder.NationalTail
	for _, identifier := range party {
		if identifier.Kind == verifier.NationalID && len(tail) == 4 &&
			strings.HasSuffix(Normalize(identifier.Kind, identifier.Value), tail) {
			return true
		}
	}
	return false
}
