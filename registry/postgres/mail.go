package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/registry"
)

var (
	//go:embed sql/enqueue.sql
	enqueueSQL string
	//go:embed sql/dueMail.sql
	dueMailSQL string
	//go:embed sql/sentMail.sql
	sentMailSQL string
	//go:embed sql/retryMail.sql
	retryMailSQL string
	//go:embed sql/dueNotices.sql
	dueNoticesSQL string
	//go:embed sql/noteNotice.sql
	noteNoticeSQL string
)

const mailContext = "turnkey mail"

// Enqueue puts a mail into the outbox.
func (s *Store) Enqueue(ctx context.Context, m registry.Mail) error {
	sealed, err := s.sealMail(m)
	if err != nil {
		return fmt.Errorf("enqueue a mail: %w", err)
	}
	_, err = s.pool.Exec(ctx, enqueueSQL, sealed)
	return explain("enqueue a mail", err)
}

func (s *Store) sealMail(m registry.Mail) ([]byte, error) {
	plain, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return s.seal(mailContext, plain)
}

// A mail that can't be sent is tried again after a minute, two, four, ... and no later
// than after six hours, until it is a week old.
const firstRetry, longestRetry = time.Minute, 6 * time.Hour

// SendNext sends one mail that is due, and reports whether there was one. Several
// processes may send at once: each takes another. A crash after it was sent and before
// that was noted sends it twice. The error is send's, or the database's.
func (s *Store) SendNext(ctx context.Context, send func(context.Context, registry.Mail) error) (found bool, err error) {
	var failed error
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var id int64
		var sealed []byte
		var attempts int
		err := tx.QueryRow(ctx, dueMailSQL).Scan(&id, &sealed, &attempts)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		var m registry.Mail
		if failed = s.openJSON(mailContext, sealed, &m); failed == nil {
			failed = send(ctx, m)
		}
		if failed == nil {
			_, err = tx.Exec(ctx, sentMailSQL, id)
			return err
		}
		wait := min(longestRetry, firstRetry<<min(attempts, 20))
		_, err = tx.Exec(ctx, retryMailSQL, id, wait.Microseconds())
		return err
	})
	if err = errors.Join(failed, err); err != nil {
		return found, fmt.Errorf("send a mail: %w", err)
	}
	return found, nil
}

// Notify puts a notice into the outbox for every registration whose certificate expires
// within so many days and whose party has had none for that many days or fewer. write
// makes the mail; it returns false where there is no address.
func (s *Store) Notify(ctx context.Context, actor registry.Actor, days int, write func(registry.Registration, string, registry.Profile) (registry.Mail, bool)) (sent int, err error) {
	err = s.change(ctx, actor, "send notices of expiry", func(c change) error {
		due, err := s.dueNotices(ctx, c, days)
		if err != nil {
			return err
		}
		for _, d := range due {
			noted, err := c.Exec(ctx, noteNoticeSQL, d.id, days)
			if err != nil {
				return err
			}
			if noted.RowsAffected() == 0 {
				continue
			}
			mail, ok := write(d.Registration, d.language, d.profile)
			if !ok {
				continue
			}
			sealed, err := s.sealMail(mail)
			if err != nil {
				return err
			}
			if _, err := c.Exec(ctx, enqueueSQL, sealed); err != nil {
				return err
			}
			fingerprint := d.Certificate.Fingerprint()
			if err := c.note(ctx, registry.NoticeSent, d.Party, &fingerprint, fmt.Sprintf("days=%d", days)); err != nil {
				return err
			}
			sent++
		}
		return nil
	})
	return sent, err
}

type dueNotice struct {
	registry.Registration
	id       int64
	language string
	profile  registry.Profile
}

func (s *Store) dueNotices(ctx context.Context, c change, days int) ([]dueNotice, error) {
	rows, err := c.Query(ctx, dueNoticesSQL, days)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (d dueNotice, err error) {
		var scan registrationScan
		var profile []byte
		fields := append([]any{&d.id}, scan.fields()...)
		if err = row.Scan(append(fields, &d.language, &profile)...); err != nil {
			return d, err
		}
		if d.Registration, err = scan.registration(); err != nil {
			return d, err
		}
		if profile != nil {
			err = s.openJSON(profileContext(d.Party), profile, &d.profile)
		}
		return d, err
	})
}
