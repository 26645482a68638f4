package main

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/xmltext"
)

type explainFlags struct {
	certs             []string
	at, profile, dump string
}

func (t *tool) explainCommand() *cobra.Command {
	var flags explainFlags
	cmd := &cobra.Command{
		Use:     "explain --cert FILE [--dump DIR] [flags] FILE|-",
		GroupID: groupFiles,
		Short:   "Show each step of checking a signature, with the bytes it digested",
		Long: `Goes through a signature step by step: what each Reference covers and the bytes that were
digested, the digest found and the one in the message, SignedInfo and what the certificate's
key says of it. For people whose signature fails.
逐步說明驗章過程：每個 Reference 涵蓋的內容、實際計算摘要的位元組、摘要值比對，以及簽章值的檢驗。

Bytes are shown shortened and escaped, so that line ends and blanks can be seen; --dump DIR
writes them whole, to be compared with what the signer digested. Where a digest differs, it
is tried whether another canonicalisation would have made it.

Exit codes are those of turnkey verify.`,
		Example: `  turnkey explain --cert broker.cer message.xml
  turnkey explain --cert broker.cer --dump steps message.xml && cmp steps/reference-1.xml mine.xml`,
		Args: wantArgs(1, 1, "FILE (the message, or - for standard input)"),
		RunE: func(cmd *cobra.Command, args []string) error { return t.explain(cmd, flags, args[0]) },
	}
	cmd.Flags().StringArrayVar(&flags.certs, "cert", nil, "registered certificates, a `FILE` in PEM, DER or PKCS#7; may repeat")
	cmd.Flags().StringVar(&flags.at, "at", "", "`MOMENT` to judge at, RFC 3339 (default now)")
	cmd.Flags().StringVar(&flags.profile, "profile", "cpt", "signature `PROFILE`: cpt (strict) or interop")
	cmd.Flags().StringVar(&flags.dump, "dump", "", "`DIR` to write the digested bytes to, whole")
	return cmd
}

func (t *tool) explain(cmd *cobra.Command, flags explainFlags, file string) error {
	if len(flags.certs) == 0 {
		return advise(errNoCert, adviceNoCert)
	}
	at, err := moment(cmd, flags.at)
	if err != nil {
		return err
	}
	if err := onceFromStdin(cmd, append(slices.Clone(flags.certs), file)); err != nil {
		return err
	}
	certs, err := t.registered(flags.certs)
	if err != nil {
		return err
	}
	engine, err := newEngine(cmd, flags.profile)
	if err != nil {
		return err
	}
	doc, err := t.read(file, maxDocument)
	if err != nil {
		return err
	}
	verdict := engine.Read(doc).Judge(senderOf(certs), verifier.Moment{Received: at, Decided: at})
	e := &explanation{tool: t, doc: doc, dump: flags.dump, cert: certs[0]}
	if used := verdict.Used(); used != nil {
		e.cert = used
	}
	if err := e.tell(); err != nil {
		return err
	}
	e.step(text{"The verdict", "結論"})
	judgement{file: file, verdict: verdict, at: at, profile: flags.profile, certs: certs}.print(t.stdout, t.language)
	if !verdict.Verified() {
		return exitStatus(exitNo)
	}
	return nil
}

// An explanation is told step by step on standard output. It shows and recomputes;
// the verdict is the verifier's alone.
type explanation struct {
	*tool
	doc   []byte
	cert  *verifier.Certificate
	dump  string
	steps int
}

func (e *explanation) step(title text) {
	e.steps++
	if e.steps > 1 {
		fmt.Fprintln(e.stdout)
	}
	fmt.Fprintf(e.stdout, "%d. %s\n", e.steps, title.in(e.language))
}

func (e *explanation) line(label text, format string, args ...any) {
	fmt.Fprintf(e.stdout, "   %s %s\n", cells.FillRight(label.in(e.language), 14), fmt.Sprintf(format, args...))
}

func (e *explanation) tell() error {
	e.step(text{"The document", "文件"})
	e.line(text{"size", "大小"}, "%d bytes", len(e.doc))
	form, err := readForm(e.doc)
	if err != nil {
		e.line(text{"not readable", "無法判讀"}, "%v", err)
		return nil
	}
	e.line(text{"root", "根元素"}, "<%s> %s", form.root, form.namespace)
	e.step(text{"The signature", "簽章"})
	if len(form.signatures) == 0 {
		e.line(text{"none", "無"}, "%v", errNoSignature)
		return nil
	}
	if n := len(form.signatures); n > 1 {
		e.line(text{"ambiguous", "不明確"}, "%d Signature elements; the first one is shown", n)
	}
	s := &form.signatures[0]
	e.line(text{"where", "位置"}, "bytes %d to %d, in <%s>", s.begin, s.end, s.within)
	e.line(text{"canonicalised", "正規化"}, "%s", s.method)
	e.line(text{"signed by", "簽章演算法"}, "%s", s.signatureMethod)
	for i, ref := range s.references {
		if err := e.reference(i+1, ref, form); err != nil {
			return err
		}
	}
	if err := e.signedInfo(s); err != nil {
		return err
	}
	e.certificate()
	return nil
}

func (m c14nMethod) String() string {
	if m.prefixList != "" {
		return fmt.Sprintf("%s (PrefixList %q)", m.algorithm, m.prefixList)
	}
	return m.algorithm
}

func (m c14nMethod) options() (c14n.Options, bool) {
	method, comments, ok := c14n.Identified(m.algorithm)
	return c14n.Options{Method: method, Comments: comments, PrefixList: strings.Fields(m.prefixList)}, ok
}

const envelopedSignature = c14n.SignatureNamespace + "enveloped-signature"

// reference recomputes one Reference: what it covers, and its digest.
func (e *explanation) reference(n int, ref referenceForm, form *documentForm) error {
	e.step(text{fmt.Sprintf("Reference %d: the content", n), fmt.Sprintf("Reference %d：內容", n)})
	e.line(text{"covers", "涵蓋"}, "URI=%q", ref.uri)
	enveloped, method := false, c14nMethod{algorithm: c14n.Inclusive10.URI(false)} // XML Signature, 4.4.3.2: the default
	for _, tr := range ref.transforms {
		e.line(text{"transform", "轉換"}, "%s", tr)
		if tr.algorithm == envelopedSignature {
			enveloped = true
			continue
		}
		if _, ok := tr.options(); !ok {
			e.line(text{"stop", "停止"}, "that transform is not supported, so its bytes are not known")
			return nil
		}
		method = tr
	}
	opts, _ := method.options()
	opts.Comments = false // URI="" and "#id" never cover comments (XML Signature, 4.4.3.3)
	digested, err := e.covered(ref.uri, enveloped, opts, form)
	if err != nil {
		e.line(text{"stop", "停止"}, "%v", err)
		return nil
	}
	if err := e.bytes(digested, fmt.Sprintf("reference-%d.xml", n)); err != nil {
		return err
	}
	hash, ok := digestMethods[ref.digestMethod]
	if !ok {
		e.line(text{"stop", "停止"}, "digest method %q is not supported", ref.digestMethod)
		return nil
	}
	found := digestOf(hash, digested)
	e.line(text{"digest found", "計算所得摘要"}, "%s %s", hash, found)
	e.line(text{"in the message", "報文所載摘要"}, "%s %s", hash, ref.digestValue)
	if sameBase64(found, ref.digestValue) {
		e.line(text{"result", "結果"}, "%s", text{"the same: the content is what was signed", "相同：內容與簽章時一致"}.in(e.language))
		return nil
	}
	e.line(text{"result", "結果"}, "%s", text{"DIFFERENT: the content is not what was signed", "不同：內容與簽章時不一致"}.in(e.language))
	e.otherForms(ref, enveloped, opts, hash, form)
	return nil
}

// covered returns the canonical form of what a Reference covers.
func (e *explanation) covered(uri string, enveloped bool, opts c14n.Options, form *documentForm) ([]byte, error) {
	if uri == "" {
		if enveloped {
			return c14n.CanonicalizeUnsigned(e.doc, opts)
		}
		return c14n.Canonicalize(e.doc, opts)
	}
	id, isID := strings.CutPrefix(uri, "#")
	mark, there := form.ids[id]
	if !isID || !there {
		return nil, fmt.Errorf("no element of this document has that Id")
	}
	var out bytes.Buffer
	if err := c14n.WriteElement(&out, e.doc, &mark, opts, xmltext.Limits{}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// otherForms tries whether the signer canonicalised in another way than it says.
func (e *explanation) otherForms(ref referenceForm, enveloped bool, said c14n.Options, hash crypto.Hash, form *documentForm) {
	for _, method := range []c14n.Method{c14n.Inclusive10, c14n.Inclusive11, c14n.Exclusive} {
		for _, comments := range []bool{false, true} {
			for _, without := range []bool{true, false} {
				opts := c14n.Options{Method: method, Comments: comments, PrefixList: said.PrefixList}
				other, err := e.covered(ref.uri, without, opts, form)
				if err != nil || !sameBase64(digestOf(hash, other), ref.digestValue) {
					continue
				}
				e.line(text{"but", "但是"}, "it is the digest of the form by %s, comments %v, Signature left out %v: the signer used that, and says otherwise", method, comments, without)
				return
			}
		}
	}
	e.line(text{"tried", "已嘗試"}, "%s", text{"no other canonicalisation gives it either: the content itself was changed",
		"其他正規化方式也不符：內容本身已被更動"}.in(e.language))
}

// signedInfo recomputes SignedInfo's hash, and opens SignatureValue with the key.
func (e *explanation) signedInfo(s *signatureForm) error {
	e.step(text{"SignedInfo: the signature value", "SignedInfo：簽章值"})
	opts, ok := s.method.options()
	if !ok || s.end == 0 {
		e.line(text{"stop", "停止"}, "canonicalisation %q is not supported", s.method.algorithm)
		return nil
	}
	var canonical bytes.Buffer
	if err := c14n.WriteElement(&canonical, e.doc, &s.signedInfo, opts, xmltext.Limits{}); err != nil {
		e.line(text{"stop", "停止"}, "%v", err)
		return nil
	}
	if err := e.bytes(canonical.Bytes(), "signedinfo.xml"); err != nil {
		return err
	}
	hash, ok := signatureMethods[s.signatureMethod]
	if !ok {
		e.line(text{"stop", "停止"}, "%s is not opened here", s.signatureMethod)
		return nil
	}
	h := hash.New()
	h.Write(canonical.Bytes())
	want := h.Sum(nil)
	e.line(text{"hash found", "計算所得雜湊"}, "%s %x", hash, want)
	signed, err := openSignature(e.cert, s.value, hash)
	if err != nil {
		e.line(text{"hash signed", "簽章內雜湊"}, "%v", err)
		return nil
	}
	e.line(text{"hash signed", "簽章內雜湊"}, "%s %x", hash, signed)
	result := text{"the same: this key signed this SignedInfo", "相同：此金鑰確實簽署此 SignedInfo"}
	if !bytes.Equal(signed, want) {
		result = text{"DIFFERENT: this key signed, but SignedInfo was changed afterwards, or canonicalised otherwise", "不同：確為此金鑰所簽，但 SignedInfo 事後被更動，或以其他方式正規化"}
	}
	e.line(text{"result", "結果"}, "%s", result.in(e.language))
	return nil
}

func (e *explanation) certificate() {
	e.step(text{"The certificate", "憑證"})
	e.line(text{"serial", "序號"}, "%s", e.cert.Serial())
	e.line(text{"subject", "主體"}, "%s", e.cert.Subject())
	e.line(text{"valid", "起訖日期"}, "%s ~ %s", stamp(e.cert.NotBefore()), stamp(e.cert.NotAfter()))
	e.line(text{"key", "金鑰"}, "%d bits", e.cert.KeyBits())
}

// bytes shows digested bytes shortened, and writes them whole where --dump asks for it.
func (e *explanation) bytes(b []byte, name string) error {
	e.line(text{"bytes", "位元組"}, "%d: %s", len(b), preview(b))
	if e.dump == "" {
		return nil
	}
	if err := os.MkdirAll(e.dump, 0o755); err != nil {
		return fmt.Errorf("make the directory for bytes: %w", err)
	}
	path := filepath.Join(e.dump, name)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		return fmt.Errorf("write the bytes: %w", err)
	}
	e.line(text{"written to", "寫入"}, "%s", path)
	return nil
}

// previewEnd is how many bytes of each end a preview shows.
const previewEnd = 120

// preview shows both ends of b in Go's escapes: \n, \r, \t can be told from blanks.
func preview(b []byte) string {
	if len(b) <= 2*previewEnd {
		return strconv.Quote(string(b))
	}
	head, tail := b[:previewEnd], b[len(b)-previewEnd:]
	for len(head) > 0 && !utf8.Valid(head) {
		head = head[:len(head)-1]
	}
	for len(tail) > 0 && !utf8.RuneStart(tail[0]) {
		tail = tail[1:]
	}
	return strconv.Quote(string(head)) + " ... " + strconv.Quote(string(tail))
}

func digestOf(hash crypto.Hash, b []byte) string {
	h := hash.New()
	h.Write(b)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// sameBase64 compares two digests, blanks in the written one aside.
func sameBase64(found, written string) bool {
	return found == strings.Join(strings.Fields(written), "")
}
