-- partyCounts reports whether party $1 has anything to lose: a certificate that counts, or
-- an identifier that was approved.
SELECT EXISTS (SELECT FROM registrations WHERE party = $1 AND state IN ('in_force', 'superseded'))
    OR EXISTS (SELECT FROM identifiers WHERE party = $1 AND kind <> 'national');
