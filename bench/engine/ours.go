package main

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"turnkey-gateway/verifier"
)

const engineName = "this engine"

// ours is the engine, configured as the gateway's is by default.
type ours struct {
	engine *verifier.Engine
	at     verifier.Moment
}

func newOurs(now time.Time) (*ours, error) {
	profile, err := verifier.ProfileNamed("cpt")
	if err != nil {
		return nil, err
	}
	engine, err := verifier.New(verifier.Config{Profile: profile, Claims: verifier.DefaultClaims()})
	if err != nil {
		return nil, fmt.Errorf("make an engine: %w", err)
	}
	return &ours{engine: engine, at: verifier.Moment{Received: now, Decided: now}}, nil
}

// sender is what the registry would say of a document's sender.
func (h *holder) sender() verifier.Sender {
	return verifier.Sender{
		Party:         "sample",
		Registrations: []verifier.Registration{{Certificate: h.certificate, State: verifier.InForce}},
		Holds:         func(k verifier.IdentifierKind, v string) bool { return k == verifier.BrokerBox && v == box },
	}
}

func (o *ours) name() string           { return engineName }
func (o *ours) version() string        { return runtime.Version() }
func (o *ours) skips(*document) string { return "" }
func (o *ours) close() error           { return nil }

func (o *ours) verifies(d *document, f *forgery) (bool, error) {
	doc := d.signed
	if f != nil {
		doc = f.signed
	}
	return o.engine.Read(doc).Judge(d.holder.sender(), o.at).Verified(), nil
}

var errRefused = errors.New("a document that was verified is refused")

func (o *ours) run(d *document) func(int) (time.Duration, error) { return within(o.judging(d)) }

// judging is one verification.
func (o *ours) judging(d *document) func() error {
	sender := d.holder.sender()
	return func() error {
		if !o.engine.Read(d.signed).Judge(sender, o.at).Verified() {
			return errRefused
		}
		return nil
	}
}

// reading is what a verification is without the judgement: the document is tokenised,
// canonicalised and digested.
func (o *ours) reading(doc []byte) func() error {
	return func() error {
		o.engine.Read(doc)
		return nil
	}
}
