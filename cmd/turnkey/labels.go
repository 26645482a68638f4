package main

import (
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// Labels are the portal's words for the registry's values; those of kinds and usage
// types stand in its policy.
var (
	mediumLabels = map[registry.Medium]text{
		registry.Card: {"card", "IC卡"},
		registry.File: {"file", "非IC卡類憑證"},
	}
	usageLabels = map[registry.Usage]text{
		registry.Login:   {"login", "登入"},
		registry.Signing: {"signing", "簽章"},
	}
	identifierLabels = map[verifier.IdentifierKind]text{
		verifier.Account:    {"account", "帳號"},
		verifier.BusinessID: {"business id", "統一編號"},
		verifier.NationalID: {"national id", "身分證字號"},
		verifier.BrokerBox:  {"broker's box", "箱號"},
		verifier.Specialist: {"specialist", "專責人員代碼"},
	}
)

// expirySoon is when a certificate is shown as about to expire: the first of the
// notices that its holder gets.
const expirySoon = 60 * 24 * time.Hour

// stateLabel says where a registration stands, the certificate's own validity and the
// period in force taken into account.
func stateLabel(r registry.Registration, at time.Time) text {
	notAfter := r.Certificate.NotAfter()
	switch {
	case r.State == verifier.Revoked:
		return text{"revoked", "已廢止"}
	case r.State == verifier.Withdrawn:
		return text{"withdrawn", "已停用"}
	case at.After(notAfter), !r.Until.IsZero() && !at.Before(r.Until):
		return text{"expired", "已過期"}
	case r.State == verifier.Pending:
		return text{"pending", "待確認"}
	case at.Before(r.From), at.Before(r.Certificate.NotBefore()):
		return text{"not yet", "尚未生效"}
	case notAfter.Sub(at) < expirySoon:
		return text{"expires soon", "將到期"}
	case r.State == verifier.Superseded:
		return text{"superseded", "已被更換"}
	default:
		return text{"in force", "生效中"}
	}
}

// policyLabels are the words of the registry's own policy table.
type policyLabels struct {
	kinds map[registry.CertificateKind]text
	types map[registry.UsageType]text
}

func labelsOf(p *registry.Policy) policyLabels {
	l := policyLabels{make(map[registry.CertificateKind]text), make(map[registry.UsageType]text)}
	for _, k := range p.Kinds {
		l.kinds[k.Kind] = text{k.English, k.Chinese}
	}
	for _, s := range p.Signing {
		l.types[s.Type] = text{s.English, s.Chinese}
	}
	return l
}
