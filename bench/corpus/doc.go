// Package corpus makes sample parties, their certificates and the messages they send:
// good ones, and for every reason of [verifier.Reason] ones that deserve it.
//
// It knows what a registry must be told so that each message is judged as planned, but
// no registry: [Corpus.Parties] is plain data. Names, numbers and messages are made up
// here; only the shape of a message follows the customs' ones.
//
// Everything but keys, certificates and signatures follows from the seed. Times are
// relative to the moment that [New] is given, so that a corpus is good for the months
// around it.
package corpus
