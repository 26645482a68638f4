package verifier

import (
	"math/big"
	"slices"
	"strings"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/xmltext"
)

// Bounds on KeyInfo: a chain of certificates with the names and serials of each.
const (
	maxKeyInfoCertificates = 16
	maxCertificateText     = 64 << 10 // base64 of one certificate as written, bytes
	maxNameText            = 4 << 10
)

// keyInfo is what KeyInfo says.
type keyInfo struct {
	hints Hints
	texts []span // of the certificates of hints.Fingerprints, in the document
}

// keyInfo reads KeyInfo (XML Signature, 4.5). What can name a certificate is noted, all
// else passed over: nothing in it is trusted, nothing is fetched.
func (r *reading) keyInfo() {
	w := &r.walk
	for w.child() {
		if w.is("X509Data") {
			r.x509Data()
		} else {
			r.passOver()
		}
	}
}

// passOver skips the current element of KeyInfo.
func (r *reading) passOver() {
	r.checkKnown()
	r.walk.skipEach(false, r.checkKnown)
}

// checkKnown refuses an element of KeyInfo that XML Signature does not know, unless the
// profile takes Objects: nothing signs it, and a reader that looks for the message's
// elements wherever they stand would find it.
func (r *reading) checkKnown() {
	n := &r.t.Name
	ofSignature := string(n.Namespace) == c14n.SignatureNamespace || string(n.Namespace) == signature11Namespace
	if !r.engine.profile.Objects && !(ofSignature && slices.Contains(keyInfoElements, string(n.Local))) {
		r.walk.violation("element %s is unknown in KeyInfo", asciiQuote(string(r.t.QName)))
	}
}

const signature11Namespace = "http://www.w3.org/2009/xmldsig11#"

// keyInfoElements are those that may stand in KeyInfo (XML Signature 1.1, 4.5) besides
// those that are read.
var keyInfoElements = strings.Fields(`
	KeyName KeyValue DSAKeyValue P Q G Y J Seed PgenCounter RSAKeyValue Modulus Exponent ECKeyValue NamedCurve PublicKey
	RetrievalMethod Transforms Transform XPath X509SubjectName X509CRL X509Digest PGPData PGPKeyID PGPKeyPacket
	SPKIData SPKISexp MgmtData DEREncodedKeyValue KeyInfoReference`)

func (r *reading) x509Data() {
	w, k := &r.walk, &r.parts.keyInfo
	for w.child() {
		offset := w.offset()
		switch {
		case w.is("X509Certificate"):
			from := r.t.Finish
			text := w.text("X509Certificate", maxCertificateText)
			r.keyCertificate(text, span{from, r.t.Begin})
		case w.is("X509IssuerSerial"):
			r.issuerSerial(offset)
		case w.is("X509SKI"):
			ski, err := decodeBase64(nil, w.text("X509SKI", maxNameText))
			if err != nil || len(k.hints.SKIs) == maxKeyInfoCertificates {
				r.refuse(KeyInfoUnusable, offset, "X509SKI is not base64, or one of more than %d", maxKeyInfoCertificates)
				continue
			}
			k.hints.SKIs = append(k.hints.SKIs, ski)
		default:
			r.passOver()
		}
	}
}

// keyCertificate notes a certificate. Its fingerprint is filled in by finish unless it is
// remembered.
func (r *reading) keyCertificate(text []byte, at span) {
	p := &r.parts
	k := &p.keyInfo
	if len(k.texts) == maxKeyInfoCertificates {
		r.refuse(KeyInfoUnusable, at.begin, "KeyInfo holds more than %d certificates", maxKeyInfoCertificates)
		return
	}
	var fingerprint Fingerprint
	if known := r.engine.fingerprinted(text); known != nil {
		fingerprint = known.fingerprint
	} else {
		u := undigested{hint: len(k.texts)}
		if len(text) <= maxFingerprinted {
			u.text = string(text)
		}
		der, err := decodeBase64(r.der, text)
		if err != nil {
			r.refuse(KeyInfoUnusable, at.begin, "X509Certificate is not base64")
			return
		}
		u.der, r.der = span{len(r.der), len(der)}, der
		if len(p.undigested) == 0 {
			p.undigested = r.undigested[:0]
		}
		p.undigested = append(p.undigested, u)
	}
	if len(k.texts) == 0 {
		k.texts, k.hints.Fingerprints = r.m.room.texts[:0], r.m.room.fingerprint[:0]
	}
	k.texts = append(k.texts, at)
	k.hints.Fingerprints = append(k.hints.Fingerprints, fingerprint)
}

// An undigested is a certificate of KeyInfo whose fingerprint is not known yet.
type undigested struct {
	der  span   // in reading.der
	hint int    // which of Hints.Fingerprints it is
	text string // to remember it by; empty where it is too long for that
}

// der returns the certificate whose text was read there.
func (m *Message) der(at span) ([]byte, error) {
	return decodeBase64(nil, xmltext.AppendText(nil, m.doc[at.begin:at.finish]))
}

// Certificates returns those in KeyInfo that can be parsed, for people: nothing vouches
// for them. There are none where the message is refused in form.
func (m *Message) Certificates() []*Certificate {
	if m.signed == nil || m.refused.reason != Unjudged {
		return nil
	}
	var all []*Certificate
	for _, at := range m.signed.keyInfo.texts {
		der, err := m.der(at)
		if err != nil {
			continue
		}
		if c, err := ParseCertificate(der); err == nil {
			all = append(all, c)
		}
	}
	return all
}

func (r *reading) issuerSerial(offset int) {
	w, k := &r.walk, &r.parts.keyInfo
	var issuer, serial string
	for w.child() {
		switch {
		case w.is("X509IssuerName"):
			issuer = string(w.text("X509IssuerName", maxNameText))
		case w.is("X509SerialNumber"):
			serial = strings.Trim(string(w.text("X509SerialNumber", maxNameText)), " \t\r\n")
		default:
			w.unexpected("X509IssuerSerial")
		}
	}
	number, ok := parseSerial(serial)
	if !ok || len(k.hints.IssuerSerials) == maxKeyInfoCertificates {
		r.refuse(KeyInfoUnusable, offset, "X509SerialNumber is no number, or one of more than %d", maxKeyInfoCertificates)
		return
	}
	k.hints.IssuerSerials = append(k.hints.IssuerSerials, IssuerSerial{Issuer: issuer, Serial: number})
}

// parseSerial reads decimal digits, at most those of the 20 bytes that RFC 5280, 4.1.2.2
// allows.
func parseSerial(text string) (*big.Int, bool) {
	if len(text) == 0 || len(text) > 50 || strings.Trim(text, "0123456789") != "" {
		return nil, false
	}
	return new(big.Int).SetString(text, 10)
}
