// Package signer signs documents with an enveloped XML signature in the form that the
// verifier's profile cpt accepts.
//
// It writes nothing but the Signature element, as the root's last child: every other
// byte stays as it came. What it signed was judged by [verifier.Engine] before it is
// returned.
//
// goxmldsig makes the Signature. Its canonicalisers get attribute order, xml:lang, line
// ends and what stands outside the root wrong, so the verifier's own is plugged in.
package signer
