// Package relay carries the registry's changes from Postgres to Redis.
//
// Of many portals one relays at a time: the one whose session holds an advisory lock.
// That saves work and is not needed for truth, since each heartbeat holds by itself
// (see package rediscache). So a relay that was paused, or cut off from the lock, can
// do no harm in the moment before it notices.
//
// One round, in this order:
//
//  1. read the clock: T;
//  2. read the changes after the last applied version, and the current version;
//  3. read the snapshots of the senders they touch, and write them to Redis;
//  4. if that was all there was at step 2, keep and publish a heartbeat (T, version).
//
// A crash or an error after any step leaves Redis with snapshots newer than its
// heartbeat admits, which are believed no less; with an old heartbeat, which goes
// stale; or with both. The next round, or the next relay, begins with the same changes
// again: none is skipped.
//
// Invariant: a heartbeat of version V at T is sent only if V was the registry's version
// in a statement that began after T.
package relay
