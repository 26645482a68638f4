package c14n

// A Method is a way of canonicalising.
type Method uint8

const (
	Inclusive10 Method = iota // Canonical XML 1.0
	Inclusive11               // Canonical XML 1.1
	Exclusive                 // Exclusive XML Canonicalization 1.0
)

// ExclusiveNamespace is the namespace of InclusiveNamespaces elements.
const ExclusiveNamespace = "http://www.w3.org/2001/10/xml-exc-c14n#"

var methods = [...]struct{ short, uri, withComments string }{
	Inclusive10: {"c14n10", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
		"http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"},
	Inclusive11: {"c14n11", "http://www.w3.org/2006/12/xml-c14n11",
		"http://www.w3.org/2006/12/xml-c14n11#WithComments"},
	Exclusive: {"exc", ExclusiveNamespace, ExclusiveNamespace + "WithComments"},
}

// String returns the method's short name, as the tool takes it.
func (m Method) String() string {
	if int(m) < len(methods) {
		return methods[m].short
	}
	return "unknown"
}

// URI returns the identifier that XML Signature gives the method.
func (m Method) URI(comments bool) string {
	if comments {
		return methods[m].withComments
	}
	return methods[m].uri
}

// Named returns the method with a short name: c14n10, c14n11 or exc.
func Named(short string) (Method, bool) {
	for m, names := range methods {
		if names.short == short {
			return Method(m), true
		}
	}
	return 0, false
}

// Identified returns the method that an identifier of XML Signature stands for.
func Identified(uri string) (m Method, comments, ok bool) {
	for m, names := range methods {
		switch uri {
		case names.uri:
			return Method(m), false, true
		case names.withComments:
			return Method(m), true, true
		}
	}
	return 0, false, false
}
