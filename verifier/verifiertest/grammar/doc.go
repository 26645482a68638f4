// Package grammar makes XML documents that are easy to canonicalise wrongly, signs them
// in every way that the profiles know, and changes them.
//
// A document is a function of its seed, and a change of it is one of the document's seed
// and its number: whatever is found can be made again. The keys are the same in every
// process for that reason; they are samples, everybody can make them.
//
// A Signature is built from strings. Half of the documents are signed over the canonical
// octets of another implementation, so that an error of ours does not cancel out.
package grammar
