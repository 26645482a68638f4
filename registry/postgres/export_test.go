package postgres

// MigrateTo applies the steps up to and including one.
var MigrateTo = migrateTo

// HotQueries are those that judging waits for, with parameters of their types.
var HotQueries = map[string][]any{
	snapshotsSQL: {[][]byte{make([]byte, 32)}},
	elsewhereSQL: {[][]byte{make([]byte, 32)}},
	changesSQL:   {1, 1},
}

const RequiredSchema = requiredSchema
