// Package differential holds the verifier against other implementations, on documents of
// package grammar and on changes of them. The laws:
//
//  1. Whatever has a canonical form here has the same, octet for octet, by the JDK and by
//     libxml2: the whole document with and without its Signature, SignedInfo, and elements
//     by Id.
//  2. Whatever is verified here is by the JDK, by xmlsec1 and, where it is not known to
//     err, by goxmldsig; SignedInfo and each Reference over the same octets. What the
//     profile cpt takes, interop takes.
//  3. A signed document of a profile is verified by that profile, before any change.
//  4. A changed document that is still verified has the signed octets of the original;
//     unless it was signed anew.
//  5. A mere respelling is verified as before.
//  6. Whatever is refused here for its digest or its signature value is refused by all
//     others.
//  7. Whatever package signer signs, all others verify.
//
// The verifier refuses more than the standards ask for, so that what it refuses on form,
// others may take. Cases in which another implementation does not do what the standard
// says are listed in listing.go, with the section that decides.
package differential
