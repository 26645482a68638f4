package registry_test

import (
	"strings"
	"testing"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

func TestBind(t *testing.T) {
	pki := newPKI(t)
	believing := rules(t, pki)
	doubting := &registry.Rules{Policy: believing.Policy}
	open := &registry.Rules{Policy: believing.Policy, OpenBinding: true}

	own := []registry.Identifier{{Kind: verifier.Account, Value: "x@example.test"}, {Kind: verifier.BusinessID, Value: " ９７１６２６４０"}}
	stranger := []registry.Identifier{{Kind: verifier.BusinessID, Value: "04177036"}}
	// An account that looks like a 統一編號 is a name somebody chose, not one the state gave.
	impostor := []registry.Identifier{{Kind: verifier.Account, Value: "97162640"}}
	person := []registry.Identifier{{Kind: verifier.NationalID, Value: "a123456789"}}
	another := []registry.Identifier{{Kind: verifier.NationalID, Value: "F131104093"}}

	companys, citizens, customss := issue(t, pki.MOEACA, company), issue(t, pki.MOICA, citizen), issue(t, pki.Customs, customs)
	tests := []struct {
		name       string
		rules      *registry.Rules
		cert       *verifier.Certificate
		purpose    registry.Purpose
		party      []registry.Identifier
		possession bool
		missing    string // codes; empty means in force at once
	}{
		{"company's own", believing, companys, traderFile, own, false, ""},
		{"customs' own", believing, customss, traderFile, own, false, ""},
		{"another company's", believing, customss, traderFile, stranger, false, "NAMES_ANOTHER"},
		{"another company's, holding the key", believing, customss, traderFile, stranger, true, "NAMES_ANOTHER"},
		{"an account is no 統一編號", believing, companys, traderFile, impostor, false, "NAMES_ANOTHER"},
		{"party without identifiers", believing, companys, traderFile, nil, false, "NAMES_ANOTHER"},
		{"issuer not configured", doubting, companys, traderFile, own, false, "ISSUER_NOT_CONFIGURED"},
		{"issuer not configured, holding the key", doubting, companys, traderFile, own, true, "ISSUER_NOT_CONFIGURED"},
		{"nothing fits", doubting, companys, traderFile, stranger, false, "ISSUER_NOT_CONFIGURED NAMES_ANOTHER"},
		{"citizen's own", believing, citizens, login, person, true, ""},
		{"citizen's own, only the file", believing, citizens, login, person, false, "POSSESSION_NOT_PROVED"},
		{"another citizen's", believing, citizens, login, another, true, "NAMES_ANOTHER"},
		{"open binding", open, companys, traderFile, stranger, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			admission, err := tt.rules.Admit(tt.cert, tt.purpose, now)
			if err != nil {
				t.Fatal(err)
			}
			binding := admission.Bind(tt.party, tt.possession)
			var codes []string
			for _, m := range binding.Missing {
				checkMessage(t, m)
				codes = append(codes, m.Code)
			}
			if got := strings.Join(codes, " "); got != tt.missing || binding.InForce != (tt.missing == "") {
				t.Errorf("in force %v, missing %q, want %q", binding.InForce, got, tt.missing)
			}
		})
	}
}

// TestLookalikeBindsNothing has an authority of the same name as a configured one, but
// with another key, name the party.
func TestLookalikeBindsNothing(t *testing.T) {
	believing := rules(t, newPKI(t))
	admission, err := believing.Admit(parse(t, craft(t, &verifiertest.Key(1).PublicKey, nil)), traderFile, now)
	if err != nil {
		t.Fatal(err)
	}
	party := []registry.Identifier{{Kind: verifier.BusinessID, Value: admission.Holder.BusinessID}}
	if binding := admission.Bind(party, true); admission.Known || binding.InForce {
		t.Errorf("a certificate of a look-alike authority binds: %+v", binding)
	}
}
