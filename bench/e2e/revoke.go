package main

import (
	"context"
	"fmt"
	"time"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

const proberAccount = "revocations@example.com"

// runRevoke registers and revokes one certificate after another beside other traffic, and
// times each from before the revocation is asked for to its first rejection.
func runRevoke(ctx context.Context, s *site, r *report) error {
	party, _, err := s.store.CreateParty(ctx, rig.Operator, registry.Identifier{Kind: verifier.Account, Value: proberAccount})
	if err != nil {
		return err
	}
	up := rig.NewUploader(s.Brokers, s.Topics, rig.NewLedger())
	defer up.Close()
	probes := rig.NewProbes(proberAccount, up)
	s.divert(probes.Take)

	var registered, revoked []time.Duration
	err = s.underStream(ctx, 200, func(ctx context.Context) error {
		for i := range s.revocations {
			in, out, err := s.timeOne(ctx, party, probes)
			if err != nil {
				return fmt.Errorf("try %d: %w", i+1, err)
			}
			if out > rig.EndBound {
				return fmt.Errorf("try %d: the first rejection came %v after the revocation: %v is promised", i+1, out, rig.EndBound)
			}
			registered, revoked = append(registered, in), append(revoked, out)
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.line("%d revocations beside 200 messages/s, a probe every 10 ms: revoke to first rejection read p50 %v, p99 %v, longest %v",
		len(revoked), quantile(revoked, 0.50), quantile(revoked, 0.99), quantile(revoked, 1))
	r.line("registration to first verified read: p50 %v, p99 %v, longest %v",
		quantile(registered, 0.50), quantile(registered, 0.99), quantile(registered, 1))
	return nil
}

// timeOne returns how long a registration and then a revocation took to show.
func (s *site) timeOne(ctx context.Context, party verifier.PartyID, probes *rig.Probes) (in, out time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, 4*rig.EndBound)
	defer cancel()
	h, err := rig.NewHolder(time.Now())
	if err != nil {
		return 0, 0, err
	}
	if err := probes.Until(ctx, h.Message, verifier.UnregisteredCertificate); err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if _, _, err := s.store.Register(ctx, rig.Operator, h.Registration(party)); err != nil {
		return 0, 0, err
	}
	if err := probes.Until(ctx, h.Message, verifier.Verified, verifier.UnregisteredCertificate); err != nil {
		return 0, 0, err
	}
	in = time.Since(began)
	began = time.Now()
	if _, _, err := s.store.Revoke(ctx, rig.Operator, h.Certificate.Fingerprint(), registry.Unspecified); err != nil {
		return 0, 0, err
	}
	if err := probes.Until(ctx, h.Message, verifier.CertificateRevoked, verifier.Verified); err != nil {
		return 0, 0, err
	}
	return in, time.Since(began), nil
}
