DELETE FROM identifier_claims WHERE party = $1 AND lookup = $2 RETURNING kind, shown, sealed;
