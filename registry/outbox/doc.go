// Package outbox writes to the holders of accounts: it has the texts of every mail in both
// languages, sends what is in the registry's outbox by SMTP, and gives notice before
// certificates expire.
//
// It doesn't decide who is written to, except for those notices. What it logs and counts
// holds no address and nothing of a mail; nor do its errors.
//
// Invariants: a mail goes out encrypted, to a server whose certificate was verified, unless
// that server is on this machine; a recipient or subject can't add to a mail's header; a
// mail that was enqueued is sent, or refused by its recipient's server, or tried for a
// week. A crash may send one twice.
package outbox
