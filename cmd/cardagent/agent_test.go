package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/registry/challenge/cardtest"
	"turnkey-gateway/verifier"
)

func TestACardSigns(t *testing.T) {
	card := citizen(t)
	box, agent := start(t, cardtest.Habits{}, card)
	page := agent.Open(t, site)

	var greeting struct {
		Protocol int
		Purposes []challenge.Purpose
	}
	page.Ask(t, "hello", nil).Read(t, &greeting)
	if greeting.Protocol != 1 || len(greeting.Purposes) != 5 {
		t.Errorf("hello: %+v", greeting)
	}

	var list struct {
		Readers []struct {
			Slot string
			Card *struct{ Label, Tries string }
		}
	}
	page.Ask(t, "list", nil).Read(t, &list)
	if list.Readers[0].Card == nil || list.Readers[0].Card.Label != "HiCOS sample card" {
		t.Errorf("list: %+v", list)
	}

	var cert cardtest.Certificate
	page.Ask(t, "certificate", map[string]any{"slot": list.Readers[0].Slot}).Read(t, &cert)
	if !bytes.Equal(cert.DER, card.Sign.DER()) {
		t.Errorf("certificate is that of %s", cert.Subject)
	}
	if !strings.Contains(cert.Subject, "王小明") || len(cert.Warnings) != 0 || cert.NotAfter != card.Sign.Certificate.NotAfter.UTC().Format(time.RFC3339) {
		t.Errorf("certificate: %+v", cert)
	}

	for _, purpose := range challenge.Purposes() {
		n := challenge.NewNonce()
		s := agent.Sign(t, site, purpose, n, pin)
		parsed, err := verifier.ParseCertificate(s.Certificate.DER)
		if err != nil {
			t.Fatal(err)
		}
		if err := challenge.Verify(parsed, purpose, site, n, s.Signature); err != nil {
			t.Errorf("%s: %v", purpose, err)
		}
		if s.Purpose != purpose || s.Origin != site || s.Algorithm != "RSASSA-PKCS1-v1_5-SHA256" {
			t.Errorf("%s: %+v", purpose, s)
		}
		sentence, _ := challenge.Sentence(purpose, site, n)
		if signed := box.Signed(t); !bytes.Equal(signed[len(signed)-1], sentence) {
			t.Errorf("the card was given %q, want %q", signed[len(signed)-1], sentence)
		}
	}
}

func TestAnExpiredCertificateIsReportedAndSigns(t *testing.T) {
	sign, _ := issue(t, time.Now().AddDate(0, 0, -1))
	_, agent := start(t, cardtest.Habits{}, cardtest.Card{Sign: sign})
	s := agent.Sign(t, site, challenge.Login, nonce, pin)
	if len(s.Certificate.Warnings) != 1 || s.Certificate.Warnings[0].Code != "CERTIFICATE_EXPIRED" {
		t.Errorf("warnings: %+v", s.Certificate.Warnings)
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	card := citizen(t)
	tests := []struct {
		name   string
		habits cardtest.Habits
		cards  []cardtest.Card
		ask    string
		want   string
	}{
		{"no reader", cardtest.Habits{NoReader: true}, nil, "list", "NO_READER"},
		{"no card", cardtest.Habits{}, nil, "list", "NO_CARD"},
		{"no card to sign", cardtest.Habits{}, nil, "sign", "NO_CARD"},
		{"an empty card", cardtest.Habits{}, []cardtest.Card{{}}, "certificate", "NO_SIGNING_CERTIFICATE"},
		{"two cards", cardtest.Habits{}, []cardtest.Card{{Label: "first", Sign: card.Sign}, {Label: "second", Sign: card.Sign}}, "sign", "SEVERAL_CARDS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, agent := start(t, tt.habits, tt.cards...)
			members := map[string]any{}
			if tt.ask == "sign" {
				members = signRequest(nil)
			}
			answer := agent.Open(t, site).Ask(t, tt.ask, members)
			if answer.Code() != tt.want {
				t.Fatalf("answer: %s, want %s", answer.Code(), tt.want)
			}
			if answer.Error.Zh == "" || answer.Error.En == "" {
				t.Error("an error without words")
			}
		})
	}
}

func TestThePageChoosesAmongCards(t *testing.T) {
	first := citizen(t)
	first.Label = "first"
	second, _ := issue(t, time.Now().AddDate(0, 3, 0))
	_, agent := start(t, cardtest.Habits{}, first, cardtest.Card{Label: "second", PIN: "135791", Sign: second})
	page := agent.Open(t, site)
	several := page.Ask(t, "certificate", nil)
	var readers []reader
	if err := json.Unmarshal(several.Error.Readers, &readers); err != nil || several.Code() != "SEVERAL_CARDS" {
		t.Fatalf("%+v, %v", several.Error, err)
	}
	seen := 0
	for _, r := range readers {
		if r.Card == nil || r.Card.Label != "second" {
			continue
		}
		seen++
		var s cardtest.Signature
		page.Ask(t, "sign", signRequest(map[string]any{"slot": r.Slot, "pin": "135791"})).Read(t, &s)
		if !bytes.Equal(s.Certificate.DER, second.DER()) {
			t.Error("another card signed")
		}
	}
	if seen != 1 {
		t.Errorf("readers: %s", several.Error.Readers)
	}
	if code := page.Ask(t, "certificate", map[string]any{"slot": "987654321"}).Code(); code != "NO_CARD" {
		t.Errorf("a slot that isn't there: %s", code)
	}
}

func TestACardThatComesLateIsSeen(t *testing.T) {
	box, agent := start(t, cardtest.Habits{})
	page := agent.Open(t, site)
	if code := page.Ask(t, "list", nil).Code(); code != "NO_CARD" {
		t.Fatalf("without a card: %s", code)
	}
	box.Insert(t, citizen(t))
	if code := page.Ask(t, "certificate", nil).Code(); code != "" {
		t.Errorf("with one: %s", code)
	}
	box.Empty(t)
	if code := page.Ask(t, "certificate", nil).Code(); code != "NO_CARD" {
		t.Errorf("without it again: %s", code)
	}
}

func TestWrongPINsAreCountedAndTheLastTryIsTheUsers(t *testing.T) {
	box, agent := start(t, cardtest.Habits{Tries: 3}, citizen(t))
	page := agent.Open(t, site)
	ask := func(pin string, last bool) cardtest.Answer {
		return page.Ask(t, "sign", signRequest(map[string]any{"pin": pin, "last_try": last}))
	}
	wrong := ask(badPin, false)
	if wrong.Code() != "WRONG_PIN" || wrong.Error.Tries != "low" || wrong.Error.Wait != 2 {
		t.Fatalf("first wrong PIN: %+v", wrong.Error)
	}
	if at := ask(badPin, false); at.Code() != "WAIT" || at.Error.Wait < 1 {
		t.Fatalf("at once again: %+v", at.Error)
	}
	if n := box.WrongPINs(t); n != 1 {
		t.Fatalf("the card has met %d wrong PINs, want 1", n)
	}
	time.Sleep(2100 * time.Millisecond)
	// Of the right PIN in between the card makes a new beginning.
	if code := ask(pin, false).Code(); code != "" {
		t.Fatalf("the right PIN: %s", code)
	}
	if code := ask(badPin, false).Code(); code != "WRONG_PIN" {
		t.Fatalf("wrong after right: %s", code)
	}
	time.Sleep(2100 * time.Millisecond)
	if second := ask(badPin, false); second.Code() != "WRONG_PIN" || second.Error.Tries != "last" || second.Error.Wait != 10 {
		t.Fatalf("second wrong PIN: %+v", second.Error)
	}
	if n := box.WrongPINs(t); n != 2 {
		t.Fatalf("the card has met %d wrong PINs, want 2", n)
	}
}

func TestSecurityTheLastTryAndALockedCardAreLeftAlone(t *testing.T) {
	box, agent := start(t, cardtest.Habits{Tries: 1}, citizen(t)) // the first wrong PIN is the last
	page := agent.Open(t, site)
	if answer := page.Ask(t, "sign", signRequest(nil)); answer.Code() != "LAST_TRY" || answer.Error.Tries != "last" {
		t.Fatalf("unasked: %+v", answer.Error)
	}
	if answer := page.Ask(t, "sign", signRequest(map[string]any{"last_try": false})); answer.Code() != "LAST_TRY" {
		t.Fatalf("last_try false: %+v", answer.Error)
	}
	if n := box.WrongPINs(t); n != 0 {
		t.Fatalf("the card has met %d wrong PINs", n)
	}
	if answer := page.Ask(t, "sign", signRequest(map[string]any{"last_try": true, "pin": badPin})); answer.Code() != "PIN_LOCKED" || answer.Error.Tries != "none" {
		t.Fatalf("the last try, wrong: %+v", answer.Error)
	}
	if answer := page.Ask(t, "sign", signRequest(map[string]any{"last_try": true})); answer.Code() != "PIN_LOCKED" {
		t.Fatalf("locked, the right PIN: %+v", answer.Error)
	}
	if len(box.Signed(t)) != 0 {
		t.Error("a locked card was given something to sign")
	}
}

func TestAPINThatCantBeIsNotSent(t *testing.T) {
	box, agent := start(t, cardtest.Habits{Tries: 3}, citizen(t))
	page := agent.Open(t, site)
	for _, pin := range []string{"", "123", "１２３４５６", "12345\n", strings.Repeat("1", 65)} {
		if code := page.Ask(t, "sign", signRequest(map[string]any{"pin": pin})).Code(); code != "BAD_PIN" {
			t.Errorf("%d bytes: %s", len(pin), code)
		}
	}
	if n := box.WrongPINs(t); n != 0 {
		t.Errorf("the card has met %d wrong PINs", n)
	}
}

func TestOneRequestAtATime(t *testing.T) {
	_, agent := start(t, cardtest.Habits{Slow: 6 * time.Second}, citizen(t))
	first, second := agent.Open(t, site), agent.Open(t, site)
	signing := first.Send(t, "sign", signRequest(nil))
	if code := first.Ask(t, "list", nil).Code(); code != "BUSY" {
		t.Errorf("the same page meanwhile: %q", code)
	}
	if code := second.Ask(t, "list", nil).Code(); code != "BUSY" {
		t.Errorf("another page meanwhile: %q", code)
	}
	if answer := first.Next(t); answer.ID != signing || answer.Code() != "" {
		t.Errorf("the first request: %+v", answer)
	}
}

func TestARequestIsCancelled(t *testing.T) {
	_, agent := start(t, cardtest.Habits{Slow: 2 * time.Second}, citizen(t))
	page := agent.Open(t, site)
	signing := page.Send(t, "sign", signRequest(nil))
	cancelling := page.Send(t, "cancel", map[string]any{"of": signing})
	answers := map[int]cardtest.Answer{}
	for range 2 {
		a := page.Next(t)
		answers[a.ID] = a
	}
	if code := answers[signing].Code(); code != "CANCELLED" {
		t.Errorf("the cancelled request: %q", code)
	}
	var c struct{ Stopped bool }
	answers[cancelling].Read(t, &c)
	if !c.Stopped {
		t.Error("cancel says that nothing was cancelled")
	}
	time.Sleep(2 * time.Second)
	if code := page.Ask(t, "list", nil).Code(); code != "" {
		t.Errorf("afterwards: %s", code)
	}
}
