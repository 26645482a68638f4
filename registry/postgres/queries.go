package postgres

import _ "embed"

// One query a file, named like the method that sends it.
var (
	//go:embed sql/Snapshots.sql
	snapshotsSQL string
	//go:embed sql/Elsewhere.sql
	elsewhereSQL string
	//go:embed sql/Changes.sql
	changesSQL string
	//go:embed sql/SchemaVersion.sql
	schemaVersionSQL string

	//go:embed sql/tick.sql
	tickSQL string
	//go:embed sql/tickEpoch.sql
	tickEpochSQL string
	//go:embed sql/record.sql
	recordSQL string
	//go:embed sql/audit.sql
	auditSQL string

	//go:embed sql/createParty.sql
	createPartySQL string
	//go:embed sql/addIdentifier.sql
	addIdentifierSQL string
	//go:embed sql/keepCertificate.sql
	keepCertificateSQL string
	//go:embed sql/register.sql
	registerSQL string
	//go:embed sql/confirm.sql
	confirmSQL string
	//go:embed sql/withdraw.sql
	withdrawSQL string
	//go:embed sql/supersede.sql
	supersedeSQL string
	//go:embed sql/clearMain.sql
	clearMainSQL string
	//go:embed sql/setMain.sql
	setMainSQL string
	//go:embed sql/revoke.sql
	revokeSQL string
	//go:embed sql/holders.sql
	holdersSQL string
	//go:embed sql/latestState.sql
	latestStateSQL string

	//go:embed sql/Parties.sql
	partiesSQL string
	//go:embed sql/Party.sql
	partySQL string
	//go:embed sql/FindParties.sql
	findPartiesSQL string
	//go:embed sql/Registrations.sql
	registrationsSQL string
	//go:embed sql/ExpiringBefore.sql
	expiringBeforeSQL string
)
