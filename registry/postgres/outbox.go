package postgres

import (
	"context"
	_ "embed"
	"fmt"
	"time"
)

var (
	//go:embed sql/mailWaiting.sql
	mailWaitingSQL string
	//go:embed sql/abandonMail.sql
	abandonMailSQL string
)

// longestWait is how long a mail is tried.
const longestWait = 7 * 24 * time.Hour

// MailWaiting returns how many mails are in the outbox, whether due or not.
func (s *Store) MailWaiting(ctx context.Context) (waiting int, err error) {
	if err = s.pool.QueryRow(ctx, mailWaitingSQL).Scan(&waiting); err != nil {
		return 0, fmt.Errorf("count the mails that wait: %w", err)
	}
	return waiting, nil
}

// AbandonMail removes the mails that couldn't be sent for a week, and returns how many.
func (s *Store) AbandonMail(ctx context.Context) (abandoned int, err error) {
	tag, err := s.pool.Exec(ctx, abandonMailSQL, longestWait.Microseconds())
	if err != nil {
		return 0, fmt.Errorf("abandon old mails: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
