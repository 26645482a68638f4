SELECT id, party, created_at FROM password_resets
WHERE for_staff AND token IS NULL AND expires_at > clock_timestamp()
ORDER BY id;
