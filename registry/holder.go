package registry

import (
	"crypto/x509"
	"encoding/asn1"
	"fmt"
)

// A Holder is what a certificate says about who holds it.
type Holder struct {
	// BusinessID is a 統一編號, from subjectDirectoryAttributes, else from the subject's
	// serialNumber (工商憑證), else from its commonName (通關專屬憑證).
	BusinessID string

	// NationalTail is the last four digits of a 身分證字號 (自然人憑證).
	NationalTail string

	Attributes DirectoryAttributes
}

// OIDs of X.520 attribute types.
var (
	oidCommonName   = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidSerialNumber = asn1.ObjectIdentifier{2, 5, 4, 5}
)

// readHolder reads who holds a certificate of a kind. It is an error if the places
// that say so disagree, or if one is there and can't be read.
func readHolder(cert *x509.Certificate, layout KindLayout) (Holder, error) {
	var holder Holder
	for _, extension := range cert.Extensions {
		if !extension.Id.Equal(oidDirectoryAttributes) {
			continue // the parser refuses an extension that is there twice
		}
		var err error
		if holder.Attributes, err = parseDirectoryAttributes(extension.Value); err != nil {
			return Holder{}, refuse("HOLDER_UNREADABLE",
				"the certificate doesn't say legibly who holds it ("+err.Error()+"): ask its issuer for a new one",
				"憑證內的持有人資料（subjectDirectoryAttributes）格式有誤，無法判讀：請洽發證單位重新申請")
		}
	}
	holder.NationalTail = holder.Attributes.NationalTail

	claims := []claim{{"subjectDirectoryAttributes", holder.Attributes.BusinessID}}
	if layout.Kind == MOEACA {
		claims = append(claims, claim{"serialNumber", subjectValue(cert, oidSerialNumber)})
	}
	if layout.subjectName != nil {
		if groups := layout.subjectName.FindStringSubmatch(subjectValue(cert, oidCommonName)); groups != nil {
			claims = append(claims, claim{"CN", groups[1]})
		}
	}
	var err error
	holder.BusinessID, err = agree(claims)
	return holder, err
}

// A claim is a 統一編號 and the place in a certificate where it stands.
type claim struct{ place, id string }

// agree returns the 統一編號 that all claims share, empty if there are none.
func agree(claims []claim) (string, error) {
	var first claim
	for _, c := range claims {
		switch {
		case c.id == "":
		case !businessIDPattern.MatchString(c.id):
			return "", refuse("HOLDER_UNREADABLE",
				fmt.Sprintf("the 統一編號 in the certificate's %s is not 8 digits: ask its issuer for a new one", c.place),
				fmt.Sprintf("憑證 %s 內的統一編號不是 8 位數字：請洽發證單位重新申請", c.place))
		case first.id == "":
			first = c
		case c.id != first.id:
			return "", refuse("HOLDER_CONTRADICTORY",
				fmt.Sprintf("the certificate names two companies, %s in its %s and %s in its %s: ask its issuer for a new one", first.id, first.place, c.id, c.place),
				fmt.Sprintf("憑證內的統一編號不一致：%[2]s 為 %[1]s，%[4]s 為 %[3]s。請洽發證單位重新申請", first.id, first.place, c.id, c.place))
		}
	}
	return first.id, nil
}

// subjectValue returns the subject's only attribute of a type, empty where there is
// none. Several are none: which of them counts is nowhere said.
func subjectValue(cert *x509.Certificate, oid asn1.ObjectIdentifier) string {
	var found []string
	for _, attribute := range cert.Subject.Names {
		if value, ok := attribute.Value.(string); ok && attribute.Type.Equal(oid) {
			found = append(found, value)
		}
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
}
