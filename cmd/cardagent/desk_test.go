package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/registry/challenge/cardtest"
	"turnkey-gateway/verifier/verifiertest"
)

// A fakeModule has one card and fails as told. Real ones are in agent_test.go.
type fakeModule struct {
	card    card
	by      *verifiertest.Identity
	refuse  error         // what sign answers
	slow    time.Duration // how long sign takes
	t       *testing.T
	signs   atomic.Int32
	lastPIN []byte // the slice that sign was called with
}

func (f *fakeModule) readers() ([]reader, error) {
	c := f.card
	return []reader{{Slot: "7", Name: "reader", Card: &c}}, nil
}

func (f *fakeModule) certificates(string) ([][]byte, error) { return [][]byte{f.by.DER()}, nil }

func (f *fakeModule) sign(_ string, pin []byte, purpose challenge.Purpose, origin, nonce string) ([]byte, error) {
	f.signs.Add(1)
	f.lastPIN = pin
	time.Sleep(f.slow)
	if f.refuse != nil {
		return nil, f.refuse
	}
	return cardtest.Sign(f.t, f.by, purpose, origin, nonce), nil
}

func (f *fakeModule) close() {}

func fakeDesk(t *testing.T) (*desk, *fakeModule) {
	sign, _ := issue(t, inHalfAYear())
	f := &fakeModule{card: card{Label: "card", Tries: triesUnknown, serial: "1"}, by: sign, t: t}
	return newDesk(func() (module, error) { return f, nil }, time.Now), f
}

func ask(pin string, last bool) *request {
	return &request{id: 1, ask: "sign", purpose: challenge.Login, nonce: nonce, pin: []byte(pin), lastTry: last}
}

func codeOf(err error) code {
	var f *fault
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

func TestSecurityThePINIsWipedHoweverItEnds(t *testing.T) {
	zeros := make([]byte, len(pin))
	outcomes := map[string]struct {
		refuse error
		open   error
	}{
		"signed":    {},
		"wrong":     {refuse: newFault(wrongPIN, nil)},
		"failed":    {refuse: errors.New("device")},
		"no module": {open: newFault(noModule, nil)},
	}
	for name, o := range outcomes {
		t.Run(name, func(t *testing.T) {
			d, f := fakeDesk(t)
			f.refuse = o.refuse
			if o.open != nil {
				d.open = func() (module, error) { return nil, o.open }
			}
			r := ask(pin, false)
			_, err := d.sign(t.Context(), r, site)
			if (err == nil) != (name == "signed") {
				t.Fatal(err)
			}
			if !bytes.Equal(r.pin, zeros) {
				t.Errorf("the PIN is still there: %q", r.pin)
			}
			if f.lastPIN != nil && &f.lastPIN[0] != &r.pin[0] {
				t.Error("the module was called with a copy of the PIN, which nobody wipes")
			}
		})
	}
	t.Run("never its turn", func(t *testing.T) {
		d, _ := fakeDesk(t)
		d.turn <- struct{}{}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r := ask(pin, false)
		if _, err := d.sign(ctx, r, site); codeOf(err) != cancelled || !bytes.Equal(r.pin, zeros) {
			t.Errorf("%v; PIN %q", err, r.pin)
		}
	})
}

func TestASlowCardTimesOutAndIsBusyUntilItAnswers(t *testing.T) {
	d, f := fakeDesk(t)
	synctest.Test(t, func(t *testing.T) {
		d.turn = make(chan struct{}, 1) // of this bubble
		f.slow = time.Minute
		r := ask(pin, false)
		if _, err := d.sign(t.Context(), r, site); codeOf(err) != timedOut {
			t.Errorf("a minute's signature: %v", err)
		}
		if bytes.Equal(r.pin, make([]byte, len(pin))) {
			t.Error("the PIN was wiped while the card still reads it")
		}
		if _, err := d.list(t.Context()); codeOf(err) != busy {
			t.Errorf("meanwhile: %v", err)
		}
		time.Sleep(time.Minute)
		if _, err := d.list(t.Context()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
		if !bytes.Equal(r.pin, make([]byte, len(pin))) {
			t.Error("the PIN is still there")
		}
	})
}

func TestSecurityACardThatSaysNothingIsGuessedToLockAtThree(t *testing.T) {
	d, f := fakeDesk(t)
	at := time.Now()
	d.now = func() time.Time { return at }
	f.refuse = newFault(wrongPIN, nil)
	try := func(last bool) *fault {
		_, err := d.sign(t.Context(), ask(pin, last), site)
		return asFault(err)
	}
	steps := []struct {
		later time.Duration
		last  bool
		want  code
		wait  int
		signs int32
	}{
		{0, false, wrongPIN, 2, 1},
		{time.Second, false, wait, 1, 1},
		{2 * time.Second, false, wrongPIN, 10, 2},
		{5 * time.Second, true, wait, 5, 2}, // not even for who insists
		{10 * time.Second, false, lastTry, 0, 2},
		{0, true, wrongPIN, 60, 3},
		{59 * time.Second, true, wait, 1, 3},
		{time.Second, false, lastTry, 0, 3},
		{0, true, wrongPIN, 60, 4},
	}
	for i, s := range steps {
		at = at.Add(s.later)
		got := try(s.last)
		if got.Code != s.want || got.Wait != s.wait || f.signs.Load() != s.signs {
			t.Fatalf("step %d: %s, wait %d, %d tries; want %s, %d, %d", i, got.Code, got.Wait, f.signs.Load(), s.want, s.wait, s.signs)
		}
	}
	f.card.serial = "2"
	if got := try(false); got.Code != wrongPIN {
		t.Errorf("another card pays for it: %s", got.Code)
	}
	f.card.serial, f.refuse = "1", nil
	at = at.Add(time.Hour)
	if _, err := d.sign(t.Context(), ask(pin, true), site); err != nil {
		t.Fatal(err)
	}
	f.refuse = newFault(wrongPIN, nil)
	if got := try(false); got.Code != wrongPIN || got.Wait != 2 {
		t.Errorf("after the right one: %s, wait %d", got.Code, got.Wait)
	}
}

func TestACancelledRequestSpendsNoTry(t *testing.T) {
	d, f := fakeDesk(t)
	ctx, cancel := context.WithCancel(t.Context())
	open := d.open
	d.open = func() (module, error) { cancel(); return open() }
	if _, err := d.sign(ctx, ask(pin, false), site); codeOf(err) != cancelled {
		t.Errorf("%v", err)
	}
	d.turn <- struct{}{} // when it is over
	if f.signs.Load() != 0 {
		t.Error("the card was asked")
	}
}

func TestFaultsSayWhatIsLeft(t *testing.T) {
	for left, words := range triesTexts {
		if f := withTries(wrongPIN, left); !strings.Contains(f.Zh, words.zh) || !strings.Contains(f.En, words.en) || f.Tries != left {
			t.Errorf("%s: %+v", left, f)
		}
	}
}
