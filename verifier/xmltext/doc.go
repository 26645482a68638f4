// Package xmltext reads XML documents in one strict pass over their bytes.
//
// It accepts well-formed XML 1.0 (fifth edition) with Namespaces in XML 1.0 (third
// edition), in UTF-8, and refuses whatever two parsers could read differently: a
// document type declaration, another encoding, XML 1.1. Names, values and texts are
// slices of the document; nothing is normalised, and no tree is built.
//
// It decides nothing about signatures and knows of none.
//
// Invariants: the cost is linear in the document's length whatever its shape (at most
// times the logarithm of the attributes of one element); memory beyond the document is
// bounded by [Limits]; a document is well-formed only once [Tokenizer.Next] returned
// EOF without an error.
package xmltext
