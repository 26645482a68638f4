package explain

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/xmltext"
)

// An Explanation is a verdict with what leads to it, in the order in which it is checked.
// As JSON its names are API.
type Explanation struct {
	Verified bool   `json:"verified"`
	Reason   string `json:"reason"` // a [verifier.Reason]
	Words    Words  `json:"words"`  // for that reason
	Steps    []Step `json:"steps"`

	// Details are what the verdict's detail says, in words.
	Details []Line `json:"details"`

	// ToDo is what the person should do, what helps most first; empty where it is verified.
	ToDo []Text `json:"to_do"`
}

// A StepCode says what a step is about.
type StepCode string

const (
	StepDocument    StepCode = "document"
	StepSignature   StepCode = "signature"
	StepReference   StepCode = "reference"   // one for each
	StepSignedInfo  StepCode = "signed_info" // and the signature value
	StepCertificate StepCode = "certificate"
)

// A Step is one that is checked.
type Step struct {
	Code    StepCode `json:"code"`
	Title   Text     `json:"title"`
	Outcome Outcome  `json:"outcome"` // bad if one of its lines is, else good if one is
	Lines   []Line   `json:"lines"`
}

// An Outcome is how something came out.
type Outcome string

const (
	Neutral Outcome = "neutral" // it is said, and means neither
	Good    Outcome = "good"
	Bad     Outcome = "bad"
)

// A Line is one thing that was found.
type Line struct {
	Label   Text     `json:"label"`
	Value   Text     `json:"value"`
	Outcome Outcome  `json:"outcome"`
	Excerpt *Excerpt `json:"excerpt,omitempty"` // the bytes that it is about
}

// Explain tells how a document came to its verdict, which was given against these
// certificates of the sender's. The document must not change as long as the excerpts of
// the explanation are used.
func Explain(doc []byte, verdict verifier.Verdict, certs []*verifier.Certificate) *Explanation {
	return explain(doc, verdict, certs, false)
}

// Alone is [Explain] where nothing is known of the sender: the verdict was given against
// the certificates in the message itself, and nothing is said of registrations.
func Alone(doc []byte, verdict verifier.Verdict, certs []*verifier.Certificate) *Explanation {
	return explain(doc, verdict, certs, true)
}

func explain(doc []byte, verdict verifier.Verdict, certs []*verifier.Certificate, alone bool) *Explanation {
	e := &explaining{alone: alone, doc: doc, verdict: verdict, certs: slices.DeleteFunc(slices.Clone(certs), func(c *verifier.Certificate) bool { return c == nil }), work: maxWork}
	e.cause, e.hasCause = verdict.LikelyCause()
	e.Verified, e.Reason, e.Words = verdict.Verified(), verdict.Reason().String(), WordsOf(verdict.Reason())
	e.tell()
	for i := range e.Steps {
		e.Steps[i].Outcome = outcomeOf(e.Steps[i].Lines)
	}
	e.Details = details(verdict, e.cause, e.hasCause, alone)
	e.ToDo = toDo(verdict, e.cause, e.hasCause)
	return &e.Explanation
}

func outcomeOf(lines []Line) Outcome {
	all := Neutral
	for _, l := range lines {
		if l.Outcome == Bad || l.Outcome == Good && all == Neutral {
			all = l.Outcome
		}
	}
	return all
}

// explaining is one call of Explain.
type explaining struct {
	Explanation
	alone    bool // nothing is known of registrations
	doc      []byte
	verdict  verifier.Verdict
	certs    []*verifier.Certificate
	work     int // bytes that may still be read and written
	cause    verifier.Cause
	hasCause bool
	searched bool // other canonical forms were tried, or the cause was told
}

func (e *explaining) step(code StepCode, title Text) {
	e.Steps = append(e.Steps, Step{Code: code, Title: title})
}

func (e *explaining) add(outcome Outcome, label, value Text) *Line {
	if value == (Text{}) {
		value = Text{"(nothing)", "（無）"}
	}
	s := &e.Steps[len(e.Steps)-1]
	s.Lines = append(s.Lines, Line{Label: label, Value: value, Outcome: outcome})
	return &s.Lines[len(s.Lines)-1]
}

func (e *explaining) line(label, value Text) { e.add(Neutral, label, value) }

var stopped = Text{"stop", "停止"}

func (e *explaining) stop(why Text) { e.add(Bad, stopped, why) }

// ToDo says what the person whose document it is should do, what helps most first; nothing
// where it is verified.
func ToDo(v verifier.Verdict) []Text {
	cause, ok := v.LikelyCause()
	return toDo(v, cause, ok)
}

// toDo is the advice for the reason, and for the cause, which says more where it is about
// the same.
func toDo(v verifier.Verdict, cause verifier.Cause, hasCause bool) []Text {
	all := []Text{}
	if mend := WordsOf(v.Reason()).Mend; mend != (Text{}) {
		all = append(all, mend)
	}
	switch {
	case hasCause && v.Reason() == verifier.DigestMismatch:
		all = slices.Insert(all, 0, CauseWords(cause.Kind).Mend)
	case hasCause:
		all = append(all, CauseWords(cause.Kind).Mend)
	}
	return all
}

func (e *explaining) tell() {
	e.step(StepDocument, Text{"The document", "文件"})
	e.line(Text{"size", "大小"}, say(Text{"%d bytes", "%d 位元組"}, len(e.doc)))
	form, err := readForm(e.doc)
	if err != nil {
		e.unreadable(err)
		return
	}
	e.line(Text{"root", "根元素"}, same("<%s> %s", shown(form.root), shown(form.namespace)))
	e.step(StepSignature, Text{"The signature", "簽章"})
	if form.signatures == 0 {
		e.add(Bad, Text{"none", "無"}, Text{"the document has no Signature in " + c14n.SignatureNamespace, "文件中沒有屬於 " + c14n.SignatureNamespace + " 的 Signature 元素"})
		return
	}
	if n := form.signatures; n > 1 {
		e.add(Bad, Text{"ambiguous", "不明確"}, say(Text{"%d Signature elements; the first one is shown", "有 %d 個 Signature 元素；以下僅說明第一個"}, n))
	}
	s := &form.signature
	line, column := xmltext.Position(e.doc, s.begin)
	e.line(Text{"where", "位置"}, say(Text{"bytes %d to %d, in <%s>, line %d, column %d", "第 %d 至 %d 位元組，位於 <%s>，第 %d 行第 %d 字"}, s.begin, s.end, shown(s.within), line, column))
	e.line(Text{"canonicalised", "正規化"}, same("%s", s.method.shown()))
	e.line(Text{"signed by", "簽章演算法"}, same("%s", shown(s.signatureMethod)))
	for i := range s.references {
		e.reference(i+1, &s.references[i])
	}
	if s.more > 0 {
		e.line(Text{"and", "此外"}, say(Text{"%d more References, which are not shown", "還有 %d 個 Reference，不再列出"}, s.more))
	}
	e.signedInfo(s)
}

// unreadable says where and why a document is none.
func (e *explaining) unreadable(err error) {
	notReadable := Text{"not readable", "無法判讀"}
	var fault *xmltext.Error
	if !errors.As(err, &fault) {
		e.add(Bad, notReadable, translated(err.Error()))
		return
	}
	what := translated(fault.What)
	e.add(Bad, notReadable, join(what, say(Text{" at byte %d (line %d, column %d)", "（第 %d 位元組，第 %d 行第 %d 字）"}, fault.Offset, fault.Line, fault.Column)))
	const about = 60
	at := min(max(fault.Offset, 0), len(e.doc))
	if before := e.doc[max(0, at-about):at]; len(before) > 0 {
		e.line(Text{"before that", "此處之前"}, same(`"%s"`, shown(whole(before))))
	}
	if from := e.doc[at:min(len(e.doc), at+about)]; len(from) > 0 {
		e.add(Bad, Text{"from there", "由此開始"}, same(`"%s"`, shown(whole(from))))
	} else {
		e.add(Bad, Text{"from there", "由此開始"}, Text{"nothing: the document ends", "無內容：文件在此結束"})
	}
}

// whole drops what a cut left of characters at both ends.
func whole(b []byte) []byte {
	for i := 0; i < utf8.UTFMax-1 && len(b) > 0 && !utf8.RuneStart(b[0]); i++ {
		b = b[1:]
	}
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if last := b[len(b)-i:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

const envelopedSignature = c14n.SignatureNamespace + "enveloped-signature"

// reference recomputes one Reference: what it covers, and its digest.
func (e *explaining) reference(n int, ref *referenceForm) {
	e.step(StepReference, say(Text{"Reference %d: the content", "Reference %d：內容"}, n))
	e.line(Text{"covers", "涵蓋"}, same(`URI="%s"`, shown(ref.uri)))
	s := scope{uri: ref.uri}
	method := c14nMethod{algorithm: c14n.Inclusive10.URI(false)} // XML Signature, 4.4.3.2: the default
	for _, tr := range ref.transforms {
		e.line(Text{"transform", "轉換"}, same("%s", tr.shown()))
		if tr.algorithm == envelopedSignature {
			s.enveloped = true
			continue
		}
		if _, ok := tr.options(); !ok {
			e.stop(Text{"that transform is not supported, so its bytes are not known", "不支援此轉換，無法得知實際計算摘要的位元組"})
			return
		}
		method = tr
	}
	if ref.more > 0 {
		e.stop(say(Text{"%d more transforms: they are too many to be shown", "另有 %d 個轉換，數量過多，不再說明"}, ref.more))
		return
	}
	s.opts, _ = method.options()
	s.opts.Comments = false // URI="" and "#id" never cover comments (XML Signature, 4.4.3.3)
	by, known := digestMethods[ref.digestMethod]
	found, err := e.captured(s, by)
	if err != nil {
		e.stop(translated(err.Error()))
		return
	}
	e.bytes(found, same("reference-%d.xml", n).English, func(w io.Writer) error { return s.write(w, e.doc) })
	if !known {
		e.stop(say(Text{"digest method %s is not supported", "不支援摘要演算法 %s"}, shown(ref.digestMethod)))
		return
	}
	sum := found.sum()
	e.line(Text{"digest found", "計算所得摘要"}, same("%s %s", by, sum))
	e.line(Text{"in the message", "報文所載摘要"}, same("%s %s", by, shown(ref.digestValue)))
	if sum == withoutBlanks(ref.digestValue) {
		e.add(Good, Text{"result", "結果"}, Text{"the same: the content is what was signed", "相同：內容與簽章時一致"})
		return
	}
	e.add(Bad, Text{"result", "結果"}, Text{"DIFFERENT: the content is not what was signed", "不同：內容與簽章時不一致"})
	if !e.searched { // for the first one only
		e.searched = true
		if !e.otherForms(s, by, withoutBlanks(ref.digestValue)) {
			e.likelyCause()
		}
	}
}

func (c *capture) sum() string { return base64.StdEncoding.EncodeToString(c.h.Sum(nil)) }

// maxTried is how long a document may be for other forms of it to be tried, in bytes.
const maxTried = 2 << 20

// otherForms tries whether the signer canonicalised in another way than it says.
func (e *explaining) otherForms(s scope, by crypto.Hash, want string) bool {
	if len(e.doc) > maxTried {
		return false
	}
	for _, method := range []c14n.Method{c14n.Inclusive10, c14n.Inclusive11, c14n.Exclusive} {
		for _, comments := range []bool{false, true} {
			for _, without := range []bool{true, false} {
				other := scope{uri: s.uri, enveloped: without, opts: c14n.Options{Method: method, Comments: comments, PrefixList: s.opts.PrefixList}}
				found, err := e.captured(other, by)
				if err != nil || found.sum() != want {
					continue
				}
				said := [...]Text{{"", ""}, {" with comments", "（保留註解）"}}[index(comments)]
				left := [...]Text{{"with the Signature in it", "且包含 Signature"}, {"without the Signature", "且不含 Signature"}}[index(without)]
				e.add(Bad, Text{"but", "但是"}, Text{
					"it is the digest of the form by " + method.String() + said.English + ", " + left.English + ": the signer used that, and says otherwise",
					"此摘要是以 " + method.String() + said.Chinese + " 正規化，" + left.Chinese + " 所得：簽章程式實際採用此方式，卻載明另一種"})
				return true
			}
		}
	}
	e.line(Text{"tried", "已嘗試"}, Text{"no other canonicalisation gives it either: the content itself was changed", "其他正規化方式也不符：內容本身已被更動"})
	return false
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

// likelyCause says what was found to explain a digest, and where.
func (e *explaining) likelyCause() {
	if !e.hasCause {
		return
	}
	e.add(Bad, Text{"likely cause", "可能原因"}, CauseWords(e.cause.Kind).Title)
	for _, p := range e.cause.Places {
		e.line(Text{"where", "位置"}, placeText(p))
		if p.Signed != "" {
			e.line(Text{"was signed", "簽章時"}, same(`"%s"`, shown(p.Signed)))
			e.line(Text{"received", "收到時"}, same(`"%s"`, shown(p.Received)))
		}
	}
}

func placeText(p verifier.Place) Text {
	return say(Text{"line %d, column %d, in %s", "第 %d 行第 %d 字，位於 %s"}, p.Line, p.Column, shown(p.Element))
}

// signedInfo recomputes SignedInfo's hash, and opens SignatureValue with the key.
func (e *explaining) signedInfo(s *signatureForm) {
	e.step(StepSignedInfo, Text{"SignedInfo: the signature value", "SignedInfo：簽章值"})
	inMessage := e.inMessage(s)
	defer func() { e.certificates(s, inMessage) }()
	opts, ok := s.method.options()
	if !ok {
		e.stop(say(Text{"canonicalisation %s is not supported", "不支援正規化方式 %s"}, s.method.shown()))
		return
	}
	if !s.hasInfo {
		e.stop(Text{"the Signature has no SignedInfo", "Signature 中沒有 SignedInfo"})
		return
	}
	hash, known := signatureMethods[s.signatureMethod]
	write := func(w io.Writer) error { return c14n.WriteElement(w, e.doc, &s.signedInfo, opts, xmltext.Limits{}) }
	found := &capture{most: maxInfo}
	if known {
		found.h = hash.New()
	}
	if err := write(found); err != nil {
		e.stop(translated(err.Error()))
		return
	}
	e.bytes(found, "signedinfo.xml", write)
	if !known {
		e.stop(say(Text{"%s is not opened here", "此處無法解開 %s"}, shown(s.signatureMethod)))
		return
	}
	want := found.h.Sum(nil)
	e.line(Text{"hash found", "計算所得雜湊"}, same("%s %x", hash, want))
	cert := e.tried(s, hash)
	if cert == nil {
		e.line(Text{"hash signed", "簽章內雜湊"}, Text{"not known: no certificate is given to open it with", "未知：沒有可用以解開的憑證"})
		return
	}
	signed, why := openSignature(cert, s.value, hash)
	if signed == nil {
		e.add(Bad, Text{"hash signed", "簽章內雜湊"}, why)
		for _, c := range inMessage {
			if opened, _ := openSignature(c, s.value, hash); bytes.Equal(opened, want) && !registered(e.certs, c) {
				e.line(Text{"but", "但是"}, say(Text{"the key of the certificate in the message signed this SignedInfo: serial %s, which is not registered", "此 SignedInfo 是由報文所附憑證的金鑰所簽：序號 %s，但未登錄"}, shown(c.Serial())))
				break
			}
		}
		return
	}
	e.line(Text{"hash signed", "簽章內雜湊"}, same("%s %x", hash, signed))
	if bytes.Equal(signed, want) {
		e.add(Good, Text{"result", "結果"}, Text{"the same: this key signed this SignedInfo", "相同：此金鑰確實簽署此 SignedInfo"})
		return
	}
	e.add(Bad, Text{"result", "結果"}, Text{"DIFFERENT: this key signed, but SignedInfo was changed afterwards, or canonicalised otherwise", "不同：確為此金鑰所簽，但 SignedInfo 事後被更動，或以其他方式正規化"})
}

// maxCertificates is how many of the sender's are tried and shown.
const maxCertificates = 8

// tried is the certificate that is shown and whose key the signature is opened with: that
// of the verdict, else the first that opens it, else the first.
func (e *explaining) tried(s *signatureForm, hash crypto.Hash) *verifier.Certificate {
	if used := e.verdict.Used(); used != nil {
		return used
	}
	if len(e.certs) == 0 {
		return nil
	}
	for _, c := range e.certs[:min(len(e.certs), maxCertificates)] {
		if hash == 0 {
			break
		}
		if opened, _ := openSignature(c, s.value, hash); opened != nil {
			return c
		}
	}
	return e.certs[0]
}

// inMessage parses the certificates of KeyInfo; nil stands for what is none.
func (e *explaining) inMessage(s *signatureForm) []*verifier.Certificate {
	var all []*verifier.Certificate
	for _, text := range s.certificates {
		der, err := base64.StdEncoding.DecodeString(withoutBlanks(text))
		if err != nil {
			continue
		}
		if c, err := verifier.ParseCertificate(der); err == nil {
			all = append(all, c)
		}
	}
	return all
}

func registered(certs []*verifier.Certificate, c *verifier.Certificate) bool {
	return slices.ContainsFunc(certs, func(r *verifier.Certificate) bool { return r.Fingerprint() == c.Fingerprint() })
}

// certificates shows the one that was tried, the others that could have been, and those
// in the message.
func (e *explaining) certificates(s *signatureForm, inMessage []*verifier.Certificate) {
	e.step(StepCertificate, Text{"The certificate", "憑證"})
	cert := e.tried(s, signatureMethods[s.signatureMethod])
	if cert == nil && e.alone {
		e.add(Bad, Text{"none", "無"}, Text{"the message holds none that can be read", "報文中沒有可判讀的憑證"})
	} else if cert == nil {
		e.add(Bad, Text{"none", "無"}, Text{"the sender has registered no certificate", "傳送者未登錄任何憑證"})
	} else {
		e.certificate(cert)
	}
	others := 0
	for _, c := range e.certs {
		if cert != nil && c.Fingerprint() == cert.Fingerprint() {
			continue
		}
		if e.alone {
			continue // it is named below
		}
		if others++; others < maxCertificates {
			e.line(Text{"also given", "其他已登錄"}, described(c))
		}
	}
	if others >= maxCertificates {
		e.line(Text{"and", "此外"}, say(Text{"%d more certificates", "還有 %d 張憑證"}, others-maxCertificates+1))
	}
	for _, c := range inMessage {
		label := Text{"in KeyInfo", "報文所附憑證"}
		if e.alone {
			e.line(label, described(c))
		} else if registered(e.certs, c) {
			e.add(Good, label, join(described(c), Text{": registered", "：已登錄"}))
		} else {
			e.add(Bad, label, join(described(c), Text{": NOT among those registered", "：不在已登錄的憑證之中"}))
		}
	}
	if n := len(s.certificates) - len(inMessage); n > 0 {
		e.add(Bad, Text{"in KeyInfo", "報文所附憑證"}, say(Text{"%d that can't be read as a certificate", "有 %d 項無法判讀為憑證"}, n))
	}
	if s.tooMany {
		e.line(Text{"and", "此外"}, Text{"more certificates in KeyInfo, which are not shown", "KeyInfo 中還有其他憑證，不再列出"})
	}
}

func described(c *verifier.Certificate) Text {
	return same("%s  %s", shown(c.Serial()), shown(c.Subject()))
}

func (e *explaining) certificate(c *verifier.Certificate) {
	valid, state := Neutral, Neutral
	switch e.verdict.Reason() {
	case verifier.CertificateNotYetValid, verifier.CertificateExpired:
		valid = Bad
	case verifier.CertificateRevoked, verifier.RegistrationWithdrawn:
		state = Bad
	}
	e.line(Text{"serial", "序號"}, same("%s", shown(c.Serial())))
	e.line(Text{"subject", "主體"}, same("%s", shown(c.Subject())))
	e.line(Text{"issuer", "發證者"}, same("%s", shown(c.Issuer())))
	e.add(valid, Text{"valid", "起訖日期"}, same("%s ~ %s", stamp(c.NotBefore()), stamp(c.NotAfter())))
	if valid == Bad || state == Bad {
		e.add(Bad, Text{"state", "狀態"}, e.Words.Meaning)
	}
	key := Neutral
	if c.KeyWeakness() != "" && e.verdict.Reason() == verifier.WeakAlgorithm {
		key = Bad
	}
	if bits := c.KeyBits(); bits > 0 {
		e.add(key, Text{"key", "金鑰"}, say(Text{"RSA, %d bits", "RSA，%d 位元"}, bits))
	} else {
		e.add(key, Text{"key", "金鑰"}, translated(c.KeyWeakness()))
	}
}

// bytes shows what was digested.
func (e *explaining) bytes(c *capture, name string, write func(io.Writer) error) {
	e.add(Neutral, Text{"bytes", "位元組"}, same("%d", c.n)).Excerpt = c.excerpt(name, write)
}
