package verifiertest

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"time"
)

// A Holder is who a certificate is issued to; each authority issues to its own kind.
type Holder interface {
	subject() name
	attributes() []directoryAttribute
}

// NewTrader returns a holder of an authority of its own, certified by customs for half a
// year and since a month.
func NewTrader(at time.Time) (*Identity, error) {
	pki, err := NewPKI(1, at)
	if err != nil {
		return nil, err
	}
	return pki.Customs.Issue(CustomsHolder{BusinessID: "97162640"}, Terms{NotBefore: at.AddDate(0, -1, 0), NotAfter: at.AddDate(0, 6, 0)})
}

// A Company holds a certificate in the layout of MOEACA (工商憑證).
type Company struct {
	Name       string
	BusinessID string // 統一編號, 8 digits
	Branch     string // an OU of its own where not empty
	Secondary  bool   // 附卡, else 正卡

	// ClaimedID is the 統一編號 in the subject directory attributes where it is to
	// contradict BusinessID, which stays in the subject.
	ClaimedID string
}

func (c Company) subject() name {
	n := name{{oidCountry, "TW"}, {oidOrg, c.Name}}
	if c.Branch != "" {
		n = append(n, rdn{oidUnit, c.Branch})
	}
	return append(n, rdn{oidSerial, c.BusinessID})
}

func (c Company) attributes() []directoryAttribute {
	id := c.BusinessID
	if c.ClaimedID != "" {
		id = c.ClaimedID
	}
	return []directoryAttribute{
		{sdaSubjectClass, classCompany},
		{sdaCard, cardOrdinal(c.Secondary)},
		{sdaBusinessID, id},
	}
}

// A Citizen holds a certificate in the layout of MOICA (自然人憑證).
type Citizen struct {
	Name       string
	CardNumber string // 16 digits, the subject's serialNumber
	LastFour   string // last four digits of the national id; all that the card holds of it
	Secondary  bool   // 附卡, else 正卡
}

func (c Citizen) subject() name {
	return name{{oidCountry, "TW"}, {oidCommon, c.Name}, {oidSerial, c.CardNumber}}
}

func (c Citizen) attributes() []directoryAttribute {
	return []directoryAttribute{
		{sdaSubjectClass, classCitizen},
		{sdaCard, cardOrdinal(c.Secondary)},
		{sdaLastFour, c.LastFour},
	}
}

// A CustomsHolder holds a certificate in the layout of the 通關專屬憑證. Its CN is
// <統編>-<2 digits>-<3 digits>, and it carries no subject directory attributes.
type CustomsHolder struct {
	BusinessID string // 統一編號 in the CN, which need not be the registering account's
	Ordinal    int    // the two digits of the CN
	Authority  string // 統一編號 of the registration authority's OU; empty means BusinessID
}

func (c CustomsHolder) subject() name {
	authority := c.Authority
	if authority == "" {
		authority = c.BusinessID
	}
	return name{
		{oidCountry, "TW"},
		{oidOrg, "Finance"},
		{oidUnit, customsIssuer},
		{oidUnit, authority + "-RA-001"},
		{oidUnit, "TST"},
		{oidCommon, fmt.Sprintf("%s-%02d-000", c.BusinessID, c.Ordinal)},
	}
}

func (CustomsHolder) attributes() []directoryAttribute { return nil }

// Subject directory attributes of the government's key infrastructure, all under
// 2.16.886.1.100.2. What .1 and .2 hold is assumed; the others hold digits.
var (
	sdaSubjectClass = asn1.ObjectIdentifier{2, 16, 886, 1, 100, 2, 1}
	sdaCard         = asn1.ObjectIdentifier{2, 16, 886, 1, 100, 2, 2}
	sdaLastFour     = asn1.ObjectIdentifier{2, 16, 886, 1, 100, 2, 51}
	sdaBusinessID   = asn1.ObjectIdentifier{2, 16, 886, 1, 100, 2, 101}

	oidDirectoryAttributes = asn1.ObjectIdentifier{2, 5, 29, 9}
)

const (
	classCitizen = "1"
	classCompany = "2"
)

func cardOrdinal(secondary bool) string {
	if secondary {
		return "2"
	}
	return "1"
}

type directoryAttribute struct {
	kind  asn1.ObjectIdentifier
	value string // PrintableString
}

// directoryExtension encodes SubjectDirectoryAttributes (RFC 5280 section 4.2.1.8).
func directoryExtension(attributes []directoryAttribute) (pkix.Extension, error) {
	type encoded struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}
	var list []encoded
	for _, a := range attributes {
		value := asn1.RawValue{Tag: asn1.TagPrintableString, Bytes: []byte(a.value)}
		list = append(list, encoded{a.kind, []asn1.RawValue{value}})
	}
	der, err := asn1.Marshal(list)
	if err != nil {
		return pkix.Extension{}, fmt.Errorf("encode subject directory attributes: %w", err)
	}
	return pkix.Extension{Id: oidDirectoryAttributes, Value: der}, nil
}
