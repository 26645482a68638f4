INSERT INTO drafts (session, flow, sealed) VALUES ($1, $2, $3)
ON CONFLICT (session, flow) DO UPDATE SET sealed = excluded.sealed;
