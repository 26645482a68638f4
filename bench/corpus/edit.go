package corpus

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
)

// Identifiers that the signer writes and faults look for.
const (
	algEnveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
	algSHA1      = "http://www.w3.org/2000/09/xmldsig#sha1"
	algRSASHA1   = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
)

// An edit changes a document that was signed. It fails where it finds nothing to change,
// since the message would be planned wrongly.
type edit = func(*rand.Rand, []byte, *job) ([]byte, error)

// replace returns the edit that puts new for the first old.
func replace(old, new string) edit {
	return func(_ *rand.Rand, doc []byte, _ *job) ([]byte, error) { return replaceFirst(doc, old, new) }
}

func replaceFirst(doc []byte, old, new string) ([]byte, error) {
	before, after, found := bytes.Cut(doc, []byte(old))
	if !found {
		return nil, fmt.Errorf("the document holds no %q", old)
	}
	return bytes.Join([][]byte{before, after}, []byte(new)), nil
}

// truncate is an upload that broke off.
func truncate(rng *rand.Rand, doc []byte, _ *job) ([]byte, error) {
	end := bytes.LastIndex(doc, []byte("</Declaration"))
	if end < 0 {
		return nil, fmt.Errorf("the document's root has no end")
	}
	return doc[:end-rng.IntN(end/3)], nil
}

// declareBig5 declares an encoding that the bytes are not in.
func declareBig5(_ *rand.Rand, doc []byte, _ *job) ([]byte, error) {
	doc = bytes.TrimPrefix(doc, []byte(byteOrderMark))
	if bytes.HasPrefix(doc, []byte("<?xml ")) {
		_, doc, _ = bytes.Cut(doc, []byte("?>"))
	}
	return append([]byte(`<?xml version="1.0" encoding="Big5"?>`), doc...), nil
}

// nest puts elements deeper than anything reads. It is short: a document need not be
// long to be too large.
func nest(_ *rand.Rand, doc []byte, _ *job) ([]byte, error) {
	const depth = 3_000
	deep := strings.Repeat("<tw_N>", depth) + strings.Repeat("</tw_N>", depth)
	return replaceFirst(doc, "<FunctionCode>", deep+"<FunctionCode>")
}

// repeatSignature has the same Signature twice.
func repeatSignature(_ *rand.Rand, doc []byte, _ *job) ([]byte, error) {
	start, end := bytes.Index(doc, []byte("<Signature ")), bytes.Index(doc, []byte("</Signature>"))
	if start < 0 || end < start {
		return nil, fmt.Errorf("the document holds no Signature")
	}
	end += len("</Signature>")
	return bytes.Join([][]byte{doc[:end], doc[start:]}, nil), nil
}

var digestAlgorithm = regexp.MustCompile(`<DigestMethod Algorithm="[^"]*"`)
var signatureAlgorithm = regexp.MustCompile(`<SignatureMethod Algorithm="[^"]*"`)
var digestValue = regexp.MustCompile(`<DigestValue>[^<]*<`)

// weaken names SHA-1 throughout, with a digest of its length: what an old sender's
// Signature looks like.
func weaken(_ *rand.Rand, doc []byte, _ *job) ([]byte, error) {
	digest := base64.StdEncoding.EncodeToString(make([]byte, 20))
	doc = digestAlgorithm.ReplaceAll(doc, []byte(`<DigestMethod Algorithm="`+algSHA1+`"`))
	doc = digestValue.ReplaceAll(doc, []byte("<DigestValue>"+digest+"<"))
	return signatureAlgorithm.ReplaceAll(doc, []byte(`<SignatureMethod Algorithm="`+algRSASHA1+`"`)), nil
}

// garbleCertificate leaves nothing in KeyInfo that could be read.
func garbleCertificate(_ *rand.Rand, doc []byte, _ *job) ([]byte, error) {
	return replaceText(doc, "X509Certificate", "not a certificate, nor base64 of one!")
}

// nameCertificate puts another certificate into KeyInfo, which no signature covers.
func nameCertificate(_ *rand.Rand, doc []byte, j *job) ([]byte, error) {
	return replaceText(doc, "X509Certificate", base64.StdEncoding.EncodeToString(j.named))
}

// alterSignatureValue flips the value's last bit.
func alterSignatureValue(_ *rand.Rand, doc []byte, _ *job) ([]byte, error) {
	text, err := textOf(doc, "SignatureValue")
	if err != nil {
		return nil, err
	}
	value, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		return nil, fmt.Errorf("decode SignatureValue: %w", err)
	}
	value[len(value)-1] ^= 1
	return replaceText(doc, "SignatureValue", base64.StdEncoding.EncodeToString(value))
}

// collapseBlanks is what careless tools do to the double blank of a declaration number.
func collapseBlanks(_ *rand.Rand, doc []byte, j *job) ([]byte, error) {
	if strings.Contains(j.draft.number, "  ") {
		return replaceFirst(doc, j.draft.number, strings.ReplaceAll(j.draft.number, "  ", " "))
	}
	return replaceFirst(doc, doubleBlankRemark, strings.ReplaceAll(doubleBlankRemark, "  ", " "))
}

// indentAgain is what a pretty-printer does.
func indentAgain(_ *rand.Rand, doc []byte, j *job) ([]byte, error) {
	line := j.draft.style.eol + j.draft.style.indent
	again := bytes.ReplaceAll(doc, []byte(line+"<"), []byte(line+"    <"))
	if len(again) == len(doc) {
		return nil, fmt.Errorf("the document has no lines to indent")
	}
	return again, nil
}

var amount = regexp.MustCompile(`(<(?:InvoiceAmount|TotalGrossMassMeasure) [^>]*>)`)

// raiseAmount makes the first amount ten times and more of what it was.
func raiseAmount(_ *rand.Rand, doc []byte, _ *job) ([]byte, error) {
	at := amount.FindIndex(doc)
	if at == nil {
		return nil, fmt.Errorf("the document holds no amount")
	}
	return bytes.Join([][]byte{doc[:at[1]], doc[at[1]:]}, []byte("9")), nil
}

// textOf returns the text of the first element of that name, which has no attributes.
func textOf(doc []byte, name string) ([]byte, error) {
	_, after, found := bytes.Cut(doc, []byte("<"+name+">"))
	text, _, ended := bytes.Cut(after, []byte("</"+name+">"))
	if !found || !ended {
		return nil, fmt.Errorf("the document holds no %s", name)
	}
	return text, nil
}

func replaceText(doc []byte, name, text string) ([]byte, error) {
	old, err := textOf(doc, name)
	if err != nil {
		return nil, err
	}
	return replaceFirst(doc, "<"+name+">"+string(old)+"<", "<"+name+">"+text+"<")
}
