// Package shadow has a share of a gateway's verdicts checked by a second opinion, to
// learn of faults of the verifier while it works.
//
// It changes no verdict, and no record waits for it. What always holds:
//
//   - [Shadow.Judged] returns at once: what can't be looked at now is dropped, and counted.
//   - It keeps at most two documents, copies of its own, each within the limits.
//   - It takes at most a twentieth of one core, whatever the share and the documents.
//   - The same record is sampled or not each time it is delivered.
//   - No document, and nothing that may quote one, goes to the log.
package shadow
