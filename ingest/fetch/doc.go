// Package fetch reads records from one Kafka partition, as stored.
//
// It exists because the library's own fetch gives, for a topic that stamps its
// records (message.timestamp.type=LogAppendTime), the time the producer claimed
// and not the broker's: it ignores the batch's max timestamp, which is where a
// broker puts its stamp. Certificates are judged at that time, so the difference
// is one between the broker's word and the sender's. It also hands out records of
// aborted transactions, and inflates a compressed batch whole, whatever its size.
//
// And it asks for what an offset means, which the library's doesn't: for the topic by its
// id, so that one made anew under the same name has none of the old one's offsets, and for
// a log that holds the record before the offset, so that one which lost it to an unclean
// election is found out by the very fetch that would read on in it.
//
// Connections, routing, TLS and authentication stay those of [kafka.Transport];
// only the bytes of its own requests and responses are this package's.
//
// Invariants: records come in offset order, each offset at most once, and
// [Response.NextOffset] never passes a record that was not given out, except those
// no consumer may see (control records, aborted transactions, compaction's gaps).
// A batch whose checksum does not match is an error, never skipped.
package fetch
