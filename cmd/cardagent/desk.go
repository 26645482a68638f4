package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/verifier"
)

// Time limits of the desk.
const (
	turnWithin = 2 * time.Second  // how long a request waits for the one before it
	workWithin = 30 * time.Second // how long a card may take; a slow one needs some 3 s to sign
)

// pauses are how long the agent takes no PIN for a card after the first wrong one, the
// second and so on: nothing that runs wild shall lock a card.
var pauses = []time.Duration{2 * time.Second, 10 * time.Second, time.Minute}

// likelyTries is how many wrong PINs in a row this country's cards bear before they lock.
const likelyTries = 3

// A desk lets one request at a time to the cards, and counts wrong PINs.
type desk struct {
	open func() (module, error)
	now  func() time.Time

	turnWithin, workWithin time.Duration

	turn  chan struct{}         // holds one token while the module is in use
	wrong map[string]*wrongPINs // by the card's serial; guarded by turn
}

// wrongPINs are those of one card, in a row, that this agent has seen.
type wrongPINs struct {
	count int
	until time.Time // no PIN is taken before
}

func newDesk(open func() (module, error), now func() time.Time) *desk {
	return &desk{open: open, now: now, turnWithin: turnWithin, workWithin: workWithin, turn: make(chan struct{}, 1), wrong: map[string]*wrongPINs{}}
}

// use calls work with the module when it is its turn. If work outlives ctx or its time,
// use returns at once and the turn ends when work does. Afterwards, or if it was never
// work's turn, done is called, once.
func use[T any](ctx context.Context, d *desk, done func(), work func(context.Context, module) (T, error)) (nothing T, err error) {
	waiting := time.NewTimer(d.turnWithin)
	defer waiting.Stop()
	select {
	case d.turn <- struct{}{}:
	case <-waiting.C:
		done()
		return nothing, newFault(busy, nil)
	case <-ctx.Done():
		done()
		return nothing, newFault(cancelled, nil)
	}
	ctx, cancel := context.WithTimeout(ctx, d.workWithin)
	defer cancel()
	type outcome struct {
		result T
		err    error
	}
	ended := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			done()
			<-d.turn
			ended <- o
		}()
		m, err := d.open()
		if err != nil {
			o.err = err
			return
		}
		defer m.close()
		o.result, o.err = work(ctx, m)
	}()
	select {
	case o := <-ended:
		if ctx.Err() != nil {
			return nothing, stopped(ctx)
		}
		return o.result, o.err
	case <-ctx.Done():
		return nothing, stopped(ctx)
	}
}

func stopped(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return newFault(timedOut, nil)
	}
	return newFault(cancelled, nil)
}

// list returns the readers, at least one of which holds a card.
func (d *desk) list(ctx context.Context) ([]reader, error) {
	return use(ctx, d, func() {}, func(_ context.Context, m module) ([]reader, error) { return withCards(m) })
}

// withCards returns all readers if any of them holds a card.
func withCards(m module) ([]reader, error) {
	readers, err := m.readers()
	if err != nil {
		return nil, err
	}
	if len(readers) == 0 {
		return nil, newFault(noReader, nil)
	}
	for _, r := range readers {
		if r.Card != nil {
			return readers, nil
		}
	}
	f := newFault(noCard, nil)
	f.Readers = readers
	return nil, f
}

// choose returns the reader of that slot, or for "" the only one with a card.
func choose(m module, slot string) (reader, error) {
	readers, err := withCards(m)
	if err != nil {
		return reader{}, err
	}
	var chosen []reader
	for _, r := range readers {
		if r.Card != nil && (slot == "" || r.Slot == slot) {
			chosen = append(chosen, r)
		}
	}
	switch len(chosen) {
	case 1:
		return chosen[0], nil
	case 0:
		f := newFault(noCard, nil)
		f.Readers = readers
		return reader{}, f
	}
	f := newFault(severalCards, nil)
	f.Readers = readers
	return reader{}, f
}

// A holder is a card's reader, with the card's signing certificate.
type holder struct {
	reader
	cert *verifier.Certificate
}

// certificate returns the signing certificate of a card.
func (d *desk) certificate(ctx context.Context, slot string) (holder, error) {
	return use(ctx, d, func() {}, func(_ context.Context, m module) (holder, error) { return findHolder(m, slot) })
}

func findHolder(m module, slot string) (holder, error) {
	r, err := choose(m, slot)
	if err != nil {
		return holder{}, err
	}
	cert, err := signingCertificate(m, r)
	return holder{r, cert}, err
}

func signingCertificate(m module, r reader) (*verifier.Certificate, error) {
	ders, err := m.certificates(r.Slot)
	if err != nil {
		return nil, err
	}
	switch len(ders) {
	case 0:
		return nil, newFault(noSigningCertificate, nil)
	case 1:
	default:
		return nil, newFault(certificateUnusable, fmt.Errorf("%d certificates have the id %s", len(ders), signID))
	}
	cert, err := verifier.ParseCertificate(ders[0])
	if err != nil {
		return nil, newFault(certificateUnusable, errors.New("it can't be parsed"))
	}
	if weakness := cert.KeyWeakness(); weakness != "" {
		return nil, newFault(certificateUnusable, errors.New(weakness))
	}
	return cert, nil
}

// A signed is a signature over a sentence, with who made it.
type signed struct {
	holder
	signature []byte
}

// sign has a card sign the sentence that the request and the origin make. The request's
// PIN is wiped when it is no longer needed, however this ends.
func (d *desk) sign(ctx context.Context, r *request, origin string) (signed, error) {
	return use(ctx, d, r.wipe, func(ctx context.Context, m module) (signed, error) {
		h, err := findHolder(m, r.slot)
		if err != nil {
			return signed{}, err
		}
		if err := d.mayTry(h.Card, r); err != nil {
			return signed{}, err
		}
		if ctx.Err() != nil { // nobody waits for it any longer: spend no try
			return signed{}, stopped(ctx)
		}
		signature, err := m.sign(h.Slot, r.pin, r.purpose, origin, r.nonce)
		if err := d.tried(m, h.reader, err); err != nil {
			return signed{}, err
		}
		// A card whose key isn't its certificate's would only be told so by the server,
		// in words that help nobody in front of a card.
		if err := challenge.Verify(h.cert, r.purpose, origin, r.nonce, signature); err != nil {
			return signed{}, newFault(cardFailed, err)
		}
		return signed{h, signature}, nil
	})
}

// mayTry tells whether a PIN may be sent to the card at all.
func (d *desk) mayTry(c *card, r *request) error {
	if c.Tries == triesNone {
		return withTries(pinLocked, triesNone)
	}
	if len(r.pin) == 0 || len(r.pin) < c.minPIN || c.maxPIN > 0 && len(r.pin) > c.maxPIN {
		return newFault(badPIN, nil)
	}
	count := 0
	if w := d.wrong[c.serial]; w != nil {
		if left := w.until.Sub(d.now()); left > 0 {
			return newFault(wait, nil).after(left)
		}
		count = w.count
	}
	if (c.Tries == triesLast || count >= likelyTries-1) && !r.lastTry {
		return withTries(lastTry, c.Tries)
	}
	return nil
}

// tried counts what became of a PIN, and adds to the error of a wrong one how many tries
// the card has left.
func (d *desk) tried(m module, r reader, err error) error {
	var f *fault
	if !errors.As(err, &f) || f.Code != wrongPIN && f.Code != pinLocked {
		if err == nil {
			delete(d.wrong, r.Card.serial)
		}
		return err
	}
	w := d.wrong[r.Card.serial]
	if w == nil {
		w = &wrongPINs{}
		d.wrong[r.Card.serial] = w
	}
	pause := pauses[min(w.count, len(pauses)-1)]
	w.count++
	w.until = d.now().Add(pause)
	left := triesUnknown
	if readers, err := m.readers(); err == nil {
		for _, now := range readers {
			if now.Slot == r.Slot && now.Card != nil && now.Card.serial == r.Card.serial {
				left = now.Card.Tries
			}
		}
	}
	if f.Code == pinLocked || left == triesNone {
		return withTries(pinLocked, triesNone)
	}
	return withTries(wrongPIN, left).after(pause)
}
