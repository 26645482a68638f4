package embedded

import (
	"bytes"
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/verifier"
)

// registryFaults are in how the registry answers, or in what it has to say.
var registryFaults = []kind{
	{fault: "registry fails", strike: registryFails(away, 3)},
	{fault: "registry slow", strike: (*act).registrySlow},
	{fault: "registry answers as old as it may", strike: (*act).registryOld},
	{fault: "registry answers too old", strike: registryFails(tooOld, 3)},
	{fault: "registry silent", strike: registryFails(silent, 1), long: true},
	{fault: "registry out of reach for long", strike: (*act).unknowable, long: true},
	{fault: "certificate revoked", strike: ended(verifier.Revoked)},
	{fault: "registration withdrawn", strike: ended(verifier.Withdrawn)},
	{fault: "certificate revoked under the oldest answers", strike: (*act).endedOld, long: true},
	{fault: "certificate registered", strike: (*act).registered},
}

// registryFails has so many lookups fail.
func registryFails(w weather, lookups int) func(*act, context.Context) error {
	return func(a *act, ctx context.Context) error {
		defer a.book.bring(w)()
		before := a.book.failures()
		if err := a.meetLookups(ctx, lookups); err != nil {
			return err
		}
		if err := a.until(ctx, "a lookup that failed", func() bool { return a.book.failures() > before }); err != nil {
			return err
		}
		a.struckOnce()
		return nil
	}
}

func (a *act) registrySlow(ctx context.Context) error {
	defer a.book.bring(slow)()
	if err := a.meetLookups(ctx, 3); err != nil {
		return err
	}
	a.struckOnce()
	return nil
}

// registryOld has answers be so old that what holds up a produce makes them stale, and
// loses one that rests on such.
func (a *act) registryOld(ctx context.Context) error {
	defer a.book.bring(old)()
	_, err := a.meetWith(ctx, place{keyProduce, false}, epochOld, 0, func(*process) fate { return fate{what: isLost} })
	if err == nil {
		a.struckOnce()
	}
	return err
}

// unknowable keeps the registry out of reach of everybody for longer than any verdict may
// rest on what was known before.
func (a *act) unknowable(ctx context.Context) error {
	defer a.book.bring(away)()
	from := time.Now() // until before it is fair again
	defer func() { a.audit.Unknowable(rig.Window{From: from, Until: time.Now()}) }()
	if err := rig.Sleep(ctx, rig.EndBound+300*time.Millisecond); err != nil {
		return err
	}
	if err := a.meetLookups(ctx, 0); err != nil {
		return err
	}
	a.struckOnce()
	return nil
}

// meetLookups waits until so many lookups and another have come by.
func (a *act) meetLookups(ctx context.Context, lookups int) error {
	_, err := a.meet(ctx, place{callLookup, false}, lookups, func(*process) fate { return fate{} })
	return err
}

// ended ends a certificate between two of its messages.
func ended(how verifier.RegistrationState) func(*act, context.Context) error {
	return func(a *act, ctx context.Context) error {
		account, err := a.takeVerified(ctx)
		defer a.traffic.chat(account, false)
		if err != nil {
			return err
		}
		a.change(account, how)
		return a.untilRejected(ctx, account, how)
	}
}

// endedOld ends a certificate while verdicts that rest on the oldest answers there may be
// wait for an output that refuses them, for longer than they may be true.
func (a *act) endedOld(ctx context.Context) error {
	defer a.book.bring(old)()
	account, err := a.takeVerified(ctx)
	defer a.traffic.chat(account, false)
	if err != nil {
		return err
	}
	refusal := a.cluster.Fault(kfake.Fault{
		Keys: []kmsg.Key{keyProduce}, Topic: topics.Verified, Err: kerr.NotEnoughReplicas, Count: -1,
		When: func(r kmsg.Request) bool {
			return bytes.Contains(r.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Records, []byte(account))
		},
	})
	defer refusal.Remove()
	if err := a.until(ctx, "a verdict refused", func() bool { return refusal.Hits() > 0 }); err != nil {
		return err
	}
	a.change(account, verifier.Revoked)
	if err := rig.Sleep(ctx, rig.EndBound+200*time.Millisecond); err != nil {
		return err
	}
	refusal.Remove()
	return a.untilRejected(ctx, account, verifier.Revoked)
}

// registered registers a certificate between two of its messages.
func (a *act) registered(ctx context.Context) error {
	account := a.take(false)
	defer a.traffic.chat(account, false)
	before := answer{account, verifier.UnregisteredCertificate.String()}
	if err := a.until(ctx, "a rejected message", func() bool { return a.cluster.answered(before) > 0 }); err != nil {
		return err
	}
	a.change(account, verifier.InForce)
	if err := a.traffic.send(a.of(account)); err != nil {
		return err
	}
	verified := answer{account, verifier.Verified.String()}
	if err := a.until(ctx, "a verified message", func() bool { return a.cluster.answered(verified) > 0 }); err != nil {
		return err
	}
	a.owes(verified)
	return nil
}

// take takes a holder for one fault alone, and has it send more often.
func (a *act) take(registered bool) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, account := range a.free {
		if state, _ := a.book.at(account, time.Now()); (state != "") == registered {
			a.free = append(a.free[:i:i], a.free[i+1:]...)
			a.traffic.chat(account, true)
			return account
		}
	}
	panic("more faults than holders")
}

// takeVerified takes a holder with a certificate that counts.
func (a *act) takeVerified(ctx context.Context) (account string, err error) {
	account = a.take(true)
	verified := answer{account, verifier.Verified.String()}
	return account, a.until(ctx, "a verified message", func() bool { return a.cluster.answered(verified) > 0 })
}

// untilRejected waits until a holder's message is rejected for the end of its certificate.
func (a *act) untilRejected(ctx context.Context, account string, how verifier.RegistrationState) error {
	reason := answer{account, verifier.CertificateRevoked.String()}
	if how == verifier.Withdrawn {
		reason.reason = verifier.RegistrationWithdrawn.String()
	}
	if err := a.until(ctx, "a message rejected for it", func() bool { return a.cluster.answered(reason) > 0 }); err != nil {
		return err
	}
	a.owes(reason)
	return nil
}

// owes has the fault strike once the outputs are seen to hold that outcome.
func (a *act) owes(what answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changed[what] = a.fault
}
