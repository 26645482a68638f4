package main

import (
	"testing"
	"time"

	"turnkey-gateway/registry/challenge/cardtest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

const (
	site    = "https://portal.example"
	another = "https://evil.example"
	nonce   = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
	pin     = cardtest.DefaultPIN
	badPin  = "864200"
)

// issue returns the pairs of a citizen's card: their certificates are valid from a month
// ago until the given time.
func issue(t testing.TB, until time.Time) (sign, exchange *verifiertest.Identity) {
	t.Helper()
	now := time.Now()
	pki, err := verifiertest.NewPKI(7, now)
	if err != nil {
		t.Fatal(err)
	}
	citizen := verifiertest.Citizen{Name: "王小明", CardNumber: "0000000012345678", LastFour: "6789"}
	terms := verifiertest.Terms{NotBefore: until.AddDate(-1, 0, 0), NotAfter: until, Key: verifiertest.Key(1)}
	if sign, err = pki.MOICA.Issue(citizen, terms); err != nil {
		t.Fatal(err)
	}
	terms.Key, terms.Encryption = verifiertest.Key(2), true
	if exchange, err = pki.MOICA.Issue(citizen, terms); err != nil {
		t.Fatal(err)
	}
	return sign, exchange
}

// citizen is a card with both pairs, valid for half a year yet.
func citizen(t testing.TB) cardtest.Card {
	sign, exchange := issue(t, inHalfAYear())
	return cardtest.Card{Sign: sign, Exchange: exchange}
}

// start starts an agent that serves the site, over these cards.
func start(t testing.TB, habits cardtest.Habits, cards ...cardtest.Card) (*cardtest.Box, *cardtest.Agent) {
	box := cardtest.NewBox(t, habits, cards...)
	return box, box.Start(t, site)
}

func signRequest(more map[string]any) map[string]any {
	members := map[string]any{"purpose": "login", "nonce": nonce, "pin": pin}
	for name, value := range more {
		if value == nil {
			delete(members, name)
			continue
		}
		members[name] = value
	}
	return members
}

func inHalfAYear() time.Time { return time.Now().AddDate(0, 6, 0) }

func parse(t testing.TB, der []byte) *verifier.Certificate {
	t.Helper()
	cert, err := verifier.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}
