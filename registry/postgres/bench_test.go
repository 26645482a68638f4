package postgres_test

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
)

// BenchmarkSnapshots reads the snapshots of a batch of accounts out of 50,000 parties,
// each with three identifiers and two signing certificates of some 1.5 KB.
func BenchmarkSnapshots(b *testing.B) {
	const parties = 50_000
	url := registrytest.Database(b)
	conn, err := pgx.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(b.Context())
	for _, statement := range []string{
		`SET session_replication_role = replica`,
		`INSERT INTO parties (id) SELECT 'P-' || translate(upper(lpad(to_hex(n), 16, 'Q')), '0189', 'WXYZ') FROM generate_series(1, $1) n`,
		`INSERT INTO identifiers (lookup, party, kind, shown)
		 SELECT sha256(int8send(n * 3 + k)), 'P-' || translate(upper(lpad(to_hex(n), 16, 'Q')), '0189', 'WXYZ'), (ARRAY['account', 'ubn', 'box'])[k + 1], 'x'
		 FROM generate_series(1, $1) n, generate_series(0, 2) k`,
		`INSERT INTO certificates (fingerprint, der, not_before, not_after)
		 SELECT sha256(d), d, now(), now() FROM (SELECT decode(repeat(md5(n::text), 90), 'hex') FROM generate_series(2, $1 * 2 + 1) n) AS made (d)`,
		`INSERT INTO registrations (party, fingerprint, usage, kind, medium, usage_type, state, in_force)
		 SELECT 'P-' || translate(upper(lpad(to_hex(n / 2), 16, 'Q')), '0189', 'WXYZ'), sha256(decode(repeat(md5(n::text), 90), 'hex')),
		        'signing', 'customs', 'file', 'trader', 'in_force', tstzrange(now(), null)
		 FROM generate_series(2, $1 * 2 + 1) n`,
		`ANALYZE`,
	} {
		var args []any
		if strings.Contains(statement, "$1") {
			args = append(args, parties)
		}
		if _, err := conn.Exec(b.Context(), statement, args...); err != nil {
			b.Fatalf("%s: %v", statement, err)
		}
	}
	reader := postgres.NewReader(registrytest.Pool(b, url))
	for _, size := range []int{1, 500} {
		b.Run(map[int]string{1: "one account", 500: "500 accounts"}[size], func(b *testing.B) {
			senders := make([]registry.LookupHash, size)
			for b.Loop() {
				for i := range senders {
					var number [8]byte
					binary.BigEndian.PutUint64(number[:], uint64(1+rand.IntN(parties))*3)
					senders[i] = sha256.Sum256(number[:])
				}
				snapshots, _, _, err := reader.Snapshots(b.Context(), senders)
				if err != nil {
					b.Fatal(err)
				}
				if len(snapshots) == 0 || len(snapshots[0].Registrations) != 2 || len(snapshots[0].Identifiers) != 3 {
					b.Fatalf("%d snapshots, the first with %+v", len(snapshots), snapshots[:min(1, len(snapshots))])
				}
			}
		})
	}
}
