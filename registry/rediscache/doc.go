// Package rediscache keeps copies of the registry's snapshots in Redis, and judges
// which of them may be believed.
//
// Redis is disposable and not trusted. Whatever it holds or sends may be missing,
// old, cut short or invented; each of these costs latency and nothing else:
//
//   - Every value and every heartbeat carries an HMAC-SHA-256 under cache.key over
//     its own key and its bytes, so that Redis can repeat what was once written at
//     that key, and can say nothing else.
//   - What it repeats is believed only by the rule of [Heard.Believes], which
//     compares the version a snapshot was read at with a fresh [Heartbeat].
//
// A heartbeat says: at the moment T, by the relay's clock, the registry had reached
// version V, and these are the senders that its latest changes touched. The relay
// reads its clock first, then Postgres, then writes the snapshots of the senders
// that changed, then the heartbeat. Several relays at once do no harm: each of
// their heartbeats is true by itself.
//
// # Keys
//
//	turnkey:{registry}:sender:<lookup hash>   a snapshot
//	turnkey:{registry}:heartbeat              the latest heartbeat; also the pub/sub channel
//	turnkey:{registry}:applied                "<epoch> <version>", a hint for [Reader.Fill]
//
// The hash tag {registry} puts all of them into one slot of a Redis Cluster, as the
// script that fills the cache needs. They are few and small, some 2 KB a sender.
package rediscache
