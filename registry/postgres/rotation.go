package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

var (
	//go:embed sql/sealedElsewhere.sql
	sealedElsewhereSQL string
	//go:embed sql/sealedIdentifiers.sql
	sealedIdentifiersSQL string
	//go:embed sql/resealIdentifiers.sql
	resealIdentifiersSQL string
	//go:embed sql/sealedClaims.sql
	sealedClaimsSQL string
	//go:embed sql/resealClaims.sql
	resealClaimsSQL string
	//go:embed sql/sealedProfiles.sql
	sealedProfilesSQL string
	//go:embed sql/resealProfiles.sql
	resealProfilesSQL string
	//go:embed sql/sealedDetails.sql
	sealedDetailsSQL string
	//go:embed sql/resealDetails.sql
	resealDetailsSQL string
	//go:embed sql/sealedMail.sql
	sealedMailSQL string
	//go:embed sql/resealMail.sql
	resealMailSQL string
	//go:embed sql/sealedDrafts.sql
	sealedDraftsSQL string
	//go:embed sql/resealDrafts.sql
	resealDraftsSQL string
)

// A sealedRow is a sealed value and where it stands: what name and key are differs by
// table.
type sealedRow struct {
	name   string
	key    []byte
	sealed []byte
}

// sealedTables are those that hold personal data.
var sealedTables = []struct {
	name, next, reseal string
	context            func(sealedRow) string
	place              string // what name is
}{
	{"identifiers", sealedIdentifiersSQL, resealIdentifiersSQL, identityContext, "party"},
	{"identifier_claims", sealedClaimsSQL, resealClaimsSQL, identityContext, "party"},
	{"accounts", sealedProfilesSQL, resealProfilesSQL, func(r sealedRow) string { return profileContext(verifier.PartyID(r.name)) }, "party"},
	{"import_details", sealedDetailsSQL, resealDetailsSQL, func(r sealedRow) string { return detailsContext(r.name) }, "registration"},
	{"outbox", sealedMailSQL, resealMailSQL, func(sealedRow) string { return mailContext }, "mail"},
	{"drafts", sealedDraftsSQL, resealDraftsSQL, func(r sealedRow) string { return draftContext(registry.SessionID(r.key), r.name) }, "flow"},
}

func identityContext(r sealedRow) string {
	return registry.SealContext(verifier.PartyID(r.name), registry.LookupHash(r.key))
}

// A Rotation is what [Store.Rotate] did, and what is left.
type Rotation struct {
	Resealed int64
	Left     int64 // values that still name another key

	// Unreadable says where values stand that no key at hand opens, at most
	// [MaxUnreadable] of them.
	Unreadable []string
}

// MaxUnreadable bounds the places that a [Rotation] names.
const MaxUnreadable = 20

// resealBatch is how many values are sealed anew in one statement: their rows' locks are
// held for some milliseconds.
const resealBatch = 500

// Rotate seals everything anew that an older key sealed, under the current one. It may
// run while portals do: a value that changes meanwhile is left as it is then. It may be
// cut short at any moment, and called again: it goes on with what still names another
// key. progress, if not nil, is called after each batch with how many values have been
// dealt with of how many.
//
// Portals that still seal under an older key make new values that name it: Left counts
// those, too. Where it is 0 and no such portal runs, the older keys are of no use any
// more.
func (s *Store) Rotate(ctx context.Context, actor registry.Actor, progress func(done, total int64)) (Rotation, error) {
	rotation, err := s.rotate(ctx, actor, progress)
	if err != nil {
		return rotation, fmt.Errorf("rotate the identity key: %w", err)
	}
	return rotation, nil
}

func (s *Store) rotate(ctx context.Context, actor registry.Actor, progress func(done, total int64)) (rotation Rotation, err error) {
	if s.identity == nil {
		return rotation, errNoIdentityKey
	}
	if err := actor.Check(); err != nil {
		return rotation, err
	}
	total, err := s.sealedElsewhere(ctx)
	if err != nil {
		return rotation, err
	}
	var done int64
	advance := func(rows int) {
		done += int64(rows)
		if progress != nil {
			progress(done, max(done, total))
		}
	}
	for i := range sealedTables {
		if err = s.reseal(ctx, i, &rotation, advance); err != nil {
			break
		}
	}
	// What was done is noted, and counted, though it was cut short.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
	defer cancel()
	left, countErr := s.sealedElsewhere(ctx)
	rotation.Left = left
	detail := fmt.Sprintf("key=%x resealed=%d left=%d", s.identity.ID(), rotation.Resealed, left)
	return rotation, errors.Join(err, countErr, s.Note(ctx, actor, registry.IdentityRotated, "", nil, detail))
}

// auditTimeout bounds what is done after a rotation was cut short.
const auditTimeout = 10 * time.Second

// reseal does one table, in batches.
func (s *Store) reseal(ctx context.Context, table int, rotation *Rotation, advance func(rows int)) error {
	t := sealedTables[table]
	last := sealedRow{key: []byte{}}
	for {
		page, err := s.sealedPage(ctx, t.next, last)
		if err != nil {
			return fmt.Errorf("read %s: %w", t.name, err)
		}
		var names []string
		var keys, old, anew [][]byte
		for _, row := range page {
			context := t.context(row)
			plain, err := s.identity.OpenBytes(context, row.sealed)
			if err != nil {
				if len(rotation.Unreadable) < MaxUnreadable {
					rotation.Unreadable = append(rotation.Unreadable, fmt.Sprintf("%s, %s %s", t.name, t.place, row.name))
				}
				continue
			}
			names, keys = append(names, row.name), append(keys, row.key)
			old, anew = append(old, row.sealed), append(anew, s.identity.SealBytes(context, plain))
		}
		if len(names) > 0 {
			resealed, err := s.pool.Exec(ctx, t.reseal, names, keys, old, anew)
			if err != nil {
				return fmt.Errorf("seal %s anew: %w", t.name, err)
			}
			rotation.Resealed += resealed.RowsAffected()
		}
		if len(page) > 0 {
			advance(len(page))
		}
		if len(page) < resealBatch {
			return nil
		}
		last = page[len(page)-1]
	}
}

// sealedPage returns the next rows after one that don't name the current key.
func (s *Store) sealedPage(ctx context.Context, query string, after sealedRow) ([]sealedRow, error) {
	rows, err := s.pool.Query(ctx, query, s.identity.Stamp(), after.name, after.key, resealBatch)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r sealedRow, err error) {
		return r, row.Scan(&r.name, &r.key, &r.sealed)
	})
}

// sealedElsewhere counts the values that don't name the current key.
func (s *Store) sealedElsewhere(ctx context.Context) (total int64, err error) {
	rows, err := s.pool.Query(ctx, sealedElsewhereSQL, s.identity.Stamp())
	if err != nil {
		return 0, err
	}
	var table string
	var count int64
	_, err = pgx.ForEachRow(rows, []any{&table, &count}, func() error {
		total += count
		return nil
	})
	return total, err
}
