// Package lookup finds what the registry knows of the senders of a batch: in memory
// (L1), else in Redis, else in Postgres.
//
// It refuses to guess. An answer is what Postgres said, or a copy of it that is known
// to be true still; where neither is to be had there is an error, never an empty
// answer. A sender without registrations is one that Postgres had none for.
//
// # How stale an answer can be
//
// Every answer carries [verifier.Sender.AsOf]: a moment on this process's clock such
// that every change committed before it is in the answer. It comes about in one of two
// ways.
//
// From Postgres: AsOf is the moment just before the query was sent. The query's
// snapshot is taken later, so it sees whatever was committed by then. Memory may
// repeat such an answer for [ownFor], with the same AsOf.
//
// From a heartbeat: the relay reads its clock (T), then reads the registry's version
// and changes from the primary, then writes the snapshots of the senders that changed
// to Redis, then the heartbeat (T, version V, latest changes). So V counts every
// change committed before T. A copy that was read at version W of a sender, with no
// change of that sender in (W, V], equals the sender's state at V; and if W > V it was
// read after T. Either way it holds all that was committed before T by the relay's
// clock. Nothing depends on the order in which copy and heartbeat are fetched, on the
// writes to Redis having happened, or on there being one relay only: the copy's own
// version and an authentic heartbeat decide ([rediscache.Heard.Believes]).
//
// Our clock and the relay's differ. A heartbeat counts only while T is at most
// [rediscache.MaxAge] old and at most [rediscache.MaxAhead] ahead by our clock, and
// AsOf is T less MaxAhead: sound as long as the relay's clock is not further ahead of
// ours than that, which time synchronisation must see to. A relay that is behind only
// makes heartbeats look older. T is fixed to our monotonic clock as it is heard, so
// that a later step of our wall clock changes nothing.
//
// So an answer's AsOf is at most 2 s old when it is given. A Redis that withholds,
// repeats or invents anything can't make it older: withheld heartbeats go stale,
// repeated ones are older than the freshest heard, and invented ones lack the HMAC.
//
// Elsewhere is asked of Postgres; an answer is repeated for at most [ownFor], and only
// while no change of the registry is heard of. Where it is older than the rest, AsOf is
// its moment.
//
// # What is too old to reject by
//
// Being behind has two sides. That an ended certificate still counts for a while is
// allowed, and bounded. That one just registered does not count yet is not: who registers
// and then sends would be rejected for good, by our copy's fault. So the caller who would
// reject for what is not registered asks again, with the moment since at which the document
// was here, and gets an answer whose AsOf is no earlier. It holds whatever the sender did
// before it sent: commit, upload, arrival and query follow one another, whatever the clocks
// of the machines they happen on say.
//
// Neither a heartbeat, whose AsOf is half a second behind at best, nor a flight that was
// under way can answer that, only Postgres. But one query does for all who ask while the
// one before is under way ([rounds]), and there is one in [roundEvery] at most, so that a
// flood of strangers costs Postgres 100 short queries a second for each gateway. Who is
// registered waits for none of them.
package lookup
