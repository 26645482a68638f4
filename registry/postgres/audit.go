package postgres

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

var (
	//go:embed sql/AuditEntries.sql
	auditEntriesSQL string
	//go:embed sql/auditFrom.sql
	auditFromSQL string
	//go:embed sql/auditHead.sql
	auditHeadSQL string
)

// audit notes who changed the registry and how, in the version that was recorded last.
func (c change) audit(ctx context.Context, action registry.ChangeKind, party verifier.PartyID, certificate *verifier.Fingerprint) error {
	return c.insertAudit(ctx, registry.AuditAction(action), party, certificate, "", true)
}

// note notes what changed no version of the registry.
func (c change) note(ctx context.Context, action registry.AuditAction, party verifier.PartyID, certificate *verifier.Fingerprint, detail string) error {
	return c.insertAudit(ctx, action, party, certificate, detail, false)
}

func (c change) insertAudit(ctx context.Context, action registry.AuditAction, party verifier.PartyID, certificate *verifier.Fingerprint, detail string, versioned bool) error {
	if err := registry.CheckAuditDetail(detail); err != nil {
		return err
	}
	var fingerprint []byte
	if certificate != nil {
		fingerprint = certificate[:]
	}
	_, err := c.Exec(ctx, auditSQL, c.actor, action, orNull(party), fingerprint, detail, versioned)
	return err
}

// Note appends to the audit log what changed nothing else: a query, a refused login.
func (s *Store) Note(ctx context.Context, actor registry.Actor, action registry.AuditAction, party verifier.PartyID, certificate *verifier.Fingerprint, detail string) error {
	return s.change(ctx, actor, "note "+string(action), func(c change) error {
		return c.note(ctx, action, party, certificate, detail)
	})
}

// AuditEntries returns entries of the audit log, the latest first.
func (s *Store) AuditEntries(ctx context.Context, q registry.AuditQuery) ([]registry.AuditEntry, error) {
	rows, err := s.pool.Query(ctx, auditEntriesSQL, orNull(q.Party), q.Before, q.Limit)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return collectAudit(rows)
}

func collectAudit(rows pgx.Rows) ([]registry.AuditEntry, error) {
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e registry.AuditEntry, err error) {
		var party *string
		var fingerprint, previous, hash []byte
		err = row.Scan(&e.ID, &e.At, &e.Actor, &e.Action, &party, &fingerprint, &e.Version, &e.Detail, &previous, &hash)
		if err != nil {
			return e, err
		}
		e.Party = verifier.PartyID(orZero(party))
		if fingerprint != nil {
			e.Certificate = (*verifier.Fingerprint)(fingerprint)
		}
		copy(e.Previous[:], previous)
		copy(e.Hash[:], hash)
		return e, nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return entries, nil
}

// auditPage is how many entries are read at once.
const auditPage = 10_000

// VerifyAudit follows the audit log's chain from its first link, computing every hash
// anew, and reports the first link that doesn't hold. known are numbers and hashes of
// entries that were noted elsewhere before: whoever can rewrite the whole chain can't
// rewrite those. The error means that nobody knows.
func (s *Store) VerifyAudit(ctx context.Context, known map[int64][32]byte) (report registry.AuditReport, err error) {
	// One transaction, so that what is appended meanwhile is not taken for damage.
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for report.Broken == 0 {
			rows, err := tx.Query(ctx, auditFromSQL, report.Entries, auditPage)
			if err != nil {
				return err
			}
			page, err := collectAudit(rows)
			if err != nil {
				return err
			}
			follow(&report, page, known)
			if len(page) < auditPage {
				break
			}
		}
		if report.Broken != 0 {
			return nil
		}
		var id int64
		var hash []byte
		if err := tx.QueryRow(ctx, auditHeadSQL).Scan(&id, &hash); err != nil {
			return err
		}
		if id != report.Entries || string(hash) != string(report.Head[:]) {
			report.Broken, report.Why = report.Entries+1, fmt.Sprintf("the chain was %d entries long: those behind number %d are gone", id, report.Entries)
		}
		for number := range known {
			if number > report.Entries && report.Broken == 0 {
				report.Broken, report.Why = report.Entries+1, fmt.Sprintf("entry %d was noted elsewhere and is gone", number)
			}
		}
		return nil
	})
	if err != nil {
		return report, fmt.Errorf("verify the audit log: %w", err)
	}
	return report, nil
}

// follow holds a page of entries against the chain so far.
func follow(report *registry.AuditReport, page []registry.AuditEntry, known map[int64][32]byte) {
	for _, e := range page {
		noted, isKnown := known[e.ID]
		next := report.Entries + 1
		switch {
		case e.ID != next:
			report.Broken, report.Why = next, fmt.Sprintf("entry %d is missing", next)
		case e.Previous != report.Head:
			report.Broken, report.Why = e.ID, "it doesn't hold the hash of the entry before: that one was replaced, or this one"
		case e.Sum() != e.Hash:
			report.Broken, report.Why = e.ID, "its hash is not that of what it says: it was altered"
		case isKnown && noted != e.Hash:
			report.Broken, report.Why = e.ID, "its hash is not the one that was noted elsewhere: the chain was written anew"
		}
		if report.Broken != 0 {
			return
		}
		report.Entries, report.Head = e.ID, e.Hash
	}
}
