package registry

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/smallstep/pkcs7"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"turnkey-gateway/verifier"
)

// maxCertificateFile bounds a file of certificates, in bytes; a .p7b with a whole
// chain has some 10 KiB.
const maxCertificateFile = 1 << 20

// ReadCertificates returns the certificates in a file, in its order: PEM, DER, or
// PKCS#7 (.p7b) in either. A file that holds a private key is refused. Errors are a
// [Refusal].
func ReadCertificates(data []byte) ([]*verifier.Certificate, error) {
	if len(data) > maxCertificateFile {
		return nil, refuse("FILE_TOO_LARGE",
			"the file is larger than 1 MiB: choose the certificate file (.cer, .crt, .pem or .p7b)",
			"檔案超過 1 MB：請選擇憑證檔（.cer、.crt、.pem 或 .p7b）")
	}
	read := readDER
	if bytes.Contains(data, []byte("-----BEGIN ")) {
		read = readPEM
	}
	ders, err := read(data)
	if err != nil {
		return nil, err
	}
	if len(ders) == 0 {
		return nil, notACertificate("there is none in it")
	}
	certs := make([]*verifier.Certificate, len(ders))
	for i, der := range ders {
		if certs[i], err = verifier.ParseCertificate(der); err != nil {
			return nil, notACertificate(err.Error())
		}
	}
	return certs, nil
}

func notACertificate(why string) error {
	return refuse("NOT_A_CERTIFICATE",
		"the file can't be read as a certificate ("+why+"): choose a .cer, .crt, .pem or .p7b file as the issuer gave it",
		"無法判讀此憑證檔："+why+"。請選擇發證單位提供的 .cer、.crt、.pem 或 .p7b 檔")
}

func holdsPrivateKey() error {
	return refuse("PRIVATE_KEY_IN_FILE",
		"the file holds a private key, which nobody but you may have: export the certificate alone (.cer) and choose that",
		"此檔案含有私密金鑰，不可交付他人：請只匯出憑證（.cer）後再選擇")
}

func readPEM(data []byte) ([][]byte, error) {
	var ders [][]byte
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return ders, nil
		}
		switch {
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return nil, holdsPrivateKey()
		case block.Type == "CERTIFICATE" || block.Type == "X509 CERTIFICATE":
			ders = append(ders, block.Bytes)
		case block.Type == "PKCS7" || block.Type == "CMS":
			inside, err := readPKCS7(block.Bytes)
			if err != nil {
				return nil, notACertificate(err.Error())
			}
			ders = append(ders, inside...)
		}
	}
}

// readDER tells PKCS#7, keys and a bare certificate apart: each is a SEQUENCE, whose
// first member is an object identifier, an INTEGER, or a SEQUENCE.
func readDER(data []byte) ([][]byte, error) {
	if isKeyFile(data) {
		return nil, holdsPrivateKey()
	}
	if inside, err := readPKCS7(data); err == nil {
		return inside, nil
	}
	return [][]byte{data}, nil
}

// isKeyFile recognises PKCS#12 (RFC 7292 section 4), PKCS#8 (RFC 5958) and PKCS#1 (RFC
// 8017 A.1.2) by the version that they begin with.
func isKeyFile(data []byte) bool {
	input := cryptobyte.String(data)
	var body cryptobyte.String
	return input.ReadASN1(&body, cbasn1.SEQUENCE) && body.PeekASN1Tag(cbasn1.INTEGER)
}

func readPKCS7(data []byte) ([][]byte, error) {
	if err := checkBER(data); err != nil {
		return nil, fmt.Errorf("read PKCS#7: %w", err)
	}
	p7, err := pkcs7.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("read PKCS#7: %w", err)
	}
	ders := make([][]byte, len(p7.Certificates))
	for i, cert := range p7.Certificates {
		ders[i] = cert.Raw
	}
	return ders, nil
}

// ChooseSigning returns the certificate of a file that is to be registered: the only
// one that is no authority's and whose key may sign. If there are several, or none,
// the [Refusal] lists what is there.
func ChooseSigning(certs []*verifier.Certificate) (*verifier.Certificate, error) {
	var chosen []*verifier.Certificate
	var english, chinese strings.Builder
	for _, cert := range certs {
		use, useChinese := "signing", "簽章用"
		switch {
		case isAuthority(cert.X509()):
			use, useChinese = "an authority's", "憑證機構"
		case !maySign(cert.X509()):
			use, useChinese = "encryption only", "僅供加密"
		default:
			chosen = append(chosen, cert)
		}
		fmt.Fprintf(&english, "; %s (serial %s, %s)", cert.Subject(), cert.Serial(), use)
		fmt.Fprintf(&chinese, "；%s（序號 %s，%s）", cert.Subject(), cert.Serial(), useChinese)
	}
	switch len(chosen) {
	case 1:
		return chosen[0], nil
	case 0:
		return nil, refuse("NO_SIGNING_CERTIFICATE",
			"no certificate in the file can sign messages"+english.String()+": choose the file of the signing certificate",
			"檔案內沒有可供簽章的憑證"+chinese.String()+"。請選擇簽章用憑證")
	}
	return nil, refuse("SEVERAL_SIGNING_CERTIFICATES",
		"the file holds several signing certificates"+english.String()+": export the one to register alone",
		"檔案內有多張簽章用憑證"+chinese.String()+"。請只匯出要註冊的那一張")
}
