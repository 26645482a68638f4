package main

import (
	"context"
	"fmt"
	"time"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
)

// The pace of the registry's changes. One that doesn't show within effectLimit breaks a
// promise: a revoked certificate stops working within 5 s.
const (
	changeEvery = 20 * time.Second
	effectLimit = 5 * time.Second
)

// A changer is a party of its own that registers a certificate, revokes it, registers
// another one, and so on, and times when the gateway first judges by each change.
type changer struct {
	store    *postgres.Store
	party    verifier.PartyID
	uploader *rig.Uploader // the probes' own
	probes   *rig.Probes
	board    *board
}

const changerAccount = "certificate-changes@example.com"

func newChanger(ctx context.Context, store *postgres.Store, brokers []string, b *board) (*changer, error) {
	party, _, err := store.CreateParty(ctx, rig.Operator, registry.Identifier{Kind: verifier.Account, Value: changerAccount})
	if err != nil {
		return nil, err
	}
	uploader := rig.NewUploader(brokers, b.topics, rig.NewLedger())
	return &changer{store, party, uploader, rig.NewProbes(changerAccount, uploader), b}, nil
}

// run makes a change at once and then one every changeEvery, until ctx ends.
func (c *changer) run(ctx context.Context) error {
	tick := time.NewTicker(changeEvery)
	defer tick.Stop()
	for {
		holder, err := rig.NewHolder(time.Now())
		if err != nil {
			return err
		}
		for _, s := range c.steps(holder) {
			if err := c.take(ctx, s, holder); err != nil && ctx.Err() == nil {
				return fmt.Errorf("certificate %s is %s: %w", holder.Certificate.Serial(), s.what, err)
			}
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	}
}

// A step is one change and what it does to judgements.
type step struct {
	what, effect  string
	before, after verifier.Reason
	commit        func(context.Context) error
}

func (c *changer) steps(h *rig.Holder) []step {
	return []step{
		{
			what: "registered", before: verifier.UnregisteredCertificate,
			effect: "first verified", after: verifier.Verified,
			commit: func(ctx context.Context) error {
				_, _, err := c.store.Register(ctx, rig.Operator, h.Registration(c.party))
				return err
			},
		},
		{
			what: "revoked", before: verifier.Verified,
			effect: "first rejection", after: verifier.CertificateRevoked,
			commit: func(ctx context.Context) error {
				_, _, err := c.store.Revoke(ctx, rig.Operator, h.Certificate.Fingerprint(), registry.Unspecified)
				return err
			},
		},
	}
}

// take sends messages until one is judged as before the change, so that it is in the
// gateway's memory, commits the change, and sends on until one is judged as after it.
func (c *changer) take(ctx context.Context, s step, h *rig.Holder) error {
	ctx, cancel := context.WithTimeout(ctx, 4*effectLimit)
	defer cancel()
	if err := c.probes.Until(ctx, h.Message, s.before); err != nil {
		return err
	}
	if err := s.commit(ctx); err != nil {
		return err
	}
	committed := time.Now()
	c.board.begun(change{At: committed, What: s.what, Serial: h.Certificate.Serial(), Effect: s.effect})
	if err := c.probes.Until(ctx, h.Message, s.after, s.before); err != nil {
		return err
	}
	after := time.Since(committed)
	c.board.done(after)
	if after > effectLimit {
		c.board.deviation(fmt.Errorf("certificate %s was %s, which showed only after %v", h.Certificate.Serial(), s.what, after))
	}
	return nil
}
