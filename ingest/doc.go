// Package ingest moves records: fetch, judge, produce, await acknowledgement, commit.
//
// It decides nothing about a document, which is the verifier's part, and knows
// nothing of parties or certificates, which is the registry's: both are called
// through interfaces declared here. It refuses to guess: where the registry can't
// answer, or an output can't be written, the partition waits.
//
// What always holds:
//
//   - An offset is committed only after the outcomes of it and of all before it in
//     its partition were acknowledged by all in-sync replicas. A crash at any point
//     makes records come again, under the same event ids, and loses none.
//   - Outcomes are appended in the order of their records, per partition and output.
//   - The last bytes of an outcome are handed to the kernel at most [maxStale] after a
//     moment at which the registry's answer was true, and reach a broker within
//     [deliverLimit] or never; together that bounds how long an ended certificate still
//     works.
//   - A record is rejected for what its sender has not registered only by what the
//     registry held after the record had arrived. So whoever registers a certificate and
//     then sends is never refused it, whichever copies of the registry are older. No two
//     clocks are compared: arrival is a moment of this process, later than the append.
//   - Whatever is wrong with one record ends as its rejection or its quarantine.
//   - No partition's records hold up another's for longer than it takes to judge a few: all
//     take turns in judging, and memory for what is large is waited for by what is large.
//   - No outcome depends on the [Shadow]: what it thinks, or that it panics, changes none.
//   - An offset is of one topic, by its id, and of one log of it. Where the topic was made
//     anew, or the log has lost the record before the offset, the partition is halted: it
//     is never read from an offset that means something else there.
//   - Nothing that belongs to a generation of the consumer group outlives it.
package ingest
