// Package registry knows who registered which certificate, and when it is in force.
//
// It holds the rules: what an identifier looks like, which certificates a usage type
// may use, what a certificate says about its holder, and what binds it to a party.
// Postgres holds the facts (registry/postgres); Redis and memory hold copies of them
// that carry the version they were read at and are believed only while a heartbeat
// vouches for them.
//
// Invariants: every change has a [Version], dense and in commit order within an
// [Epoch]; a certificate once revoked never counts again; a national id leaves
// Postgres only as a [LookupHash].
package registry
