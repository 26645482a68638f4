// Package secondopinion asks an implementation of XML Signature that is not ours,
// goxmldsig on etree, whether a certificate's key signed a document.
//
// It is for finding faults of the verifier, by its tests and by the gateway's shadow
// check. It never makes a verdict: where the two differ, a person has to look.
//
// It is independent of the verifier but for the tokenizer, which goes over a document
// first: goxmldsig has no limits of its own, and its cost is the product of a document's
// nodes and their depth, spent before any signature is checked. It can't be interrupted
// either. So a document that would cost much is not shown to it; see [Limits].
//
// It knows where goxmldsig 1.6.1 and etree 1.8.1 differ from the standards. On documents
// where that matters there is no opinion, and a [Reason] says why. There is no list of
// documents on which it is right by accident: whoever finds one more deviation adds a
// reason, its section of the standard, and a test that shows it.
package secondopinion
