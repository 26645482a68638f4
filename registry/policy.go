package registry

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"

	"turnkey-gateway/verifier"
)

//go:embed policy.json
var defaultPolicy []byte

// A Policy says which certificates may be used for what, and how the kinds of
// certificates are recognised. It is data, since parts of it are assumed.
type Policy struct {
	// Comment is for whoever reads the file.
	Comment string `json:"comment"`

	// Signing has one entry per usage type, in the order in which they are offered.
	Signing []SigningPolicy `json:"signing"`
	Login   []KindAndMedium `json:"login"`
	Kinds   []KindLayout    `json:"kinds"`
}

// A SigningPolicy is one row of the table of 憑證使用類型.
type SigningPolicy struct {
	Type    UsageType `json:"type"`
	Chinese string    `json:"chinese"`
	English string    `json:"english"`

	// Asks are the identifiers that a party of this type must give. The first says who it
	// is: a 統一編號 or a 身分證字號. The others are claims until they are approved.
	Asks   []verifier.IdentifierKind `json:"asks"`
	Allows []KindAndMedium           `json:"allows"`
}

// A KindAndMedium is one allowed combination.
type KindAndMedium struct {
	Kind   CertificateKind `json:"kind"`
	Medium Medium          `json:"medium"`
}

// A KindLayout tells a kind of certificate by the look of its names. That is no proof:
// anybody can copy a look. See [IssuerSet].
type KindLayout struct {
	Kind    CertificateKind `json:"kind"`
	Chinese string          `json:"chinese"`
	English string          `json:"english"`

	// IssuerUnits are organizationalUnitNames one of which the issuer has.
	IssuerUnits []string `json:"issuer_units"`

	// SubjectName matches the subject's commonName; its first group is the 統一編號.
	SubjectName string `json:"subject_name"`

	subjectName *regexp.Regexp
}

// DefaultPolicy returns the table as the manual has it.
func DefaultPolicy() (*Policy, error) { return ParsePolicy(defaultPolicy) }

// ParsePolicy reads a policy in the form of policy.json, and refuses one that names
// what the registry can't store or that says something twice.
func ParsePolicy(text []byte) (*Policy, error) {
	var p Policy
	if err := unmarshalStrict(text, &p); err != nil {
		return nil, fmt.Errorf("read the certificate policy: %w", err)
	}
	if err := p.prepare(); err != nil {
		return nil, fmt.Errorf("read the certificate policy: %w", err)
	}
	return &p, nil
}

// unmarshalStrict reads one JSON value with no field that it doesn't know.
func unmarshalStrict(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("there is something behind it")
	}
	return nil
}

// prepare checks the policy and compiles its patterns.
func (p *Policy) prepare() error {
	laidOut := make(map[CertificateKind]bool)
	for i := range p.Kinds {
		kind := &p.Kinds[i]
		if !slices.Contains(certificateKinds, kind.Kind) || laidOut[kind.Kind] {
			return fmt.Errorf("kind %q is unknown, or there twice", kind.Kind)
		}
		laidOut[kind.Kind] = true
		if err := kind.compile(); err != nil {
			return err
		}
	}
	allowed := slices.Clone(p.Login)
	listed := make(map[UsageType]bool)
	for _, s := range p.Signing {
		if !slices.Contains(usageTypes, s.Type) || listed[s.Type] {
			return fmt.Errorf("usage type %q is unknown, or there twice", s.Type)
		}
		listed[s.Type] = true
		if len(s.Asks) > 0 && !slices.Contains(principals, s.Asks[0]) {
			return fmt.Errorf("usage type %q asks first for %q: the first says who the party is, and nothing proves any but a 統一編號 or a 身分證字號", s.Type, s.Asks[0])
		}
		allowed = append(allowed, s.Allows...)
	}
	for _, a := range allowed {
		if !laidOut[a.Kind] || a.Medium != Card && a.Medium != File {
			return fmt.Errorf("it allows kind %q on medium %q, one of which is unknown", a.Kind, a.Medium)
		}
	}
	return nil
}

// principals are what certificates and cards say of their holders.
var principals = []verifier.IdentifierKind{verifier.BusinessID, verifier.NationalID}

func (k *KindLayout) compile() (err error) {
	if k.SubjectName == "" {
		return nil
	}
	if k.subjectName, err = regexp.Compile(k.SubjectName); err != nil {
		return fmt.Errorf("subject_name of %s: %w", k.Kind, err)
	}
	if k.subjectName.NumSubexp() < 1 {
		return fmt.Errorf("subject_name of %s has no group for the 統一編號", k.Kind)
	}
	return nil
}

// allowed returns what may be used, and false if there is no such usage type.
func (p *Policy) allowed(usage Usage, usageType UsageType) ([]KindAndMedium, bool) {
	if usage == Login {
		return p.Login, usageType == ""
	}
	i := slices.IndexFunc(p.Signing, func(s SigningPolicy) bool { return s.Type == usageType })
	if i < 0 {
		return nil, false
	}
	return p.Signing[i].Allows, true
}

// Resembles reports whether a certificate's names look like those of a kind.
func (p *Policy) Resembles(kind CertificateKind, cert *verifier.Certificate) bool {
	return p.layout(kind).matches(cert.X509())
}

// layout returns what is known of a kind. A configured issuer may issue a kind that
// the policy leaves out: its name is its code then, and no use allows it.
func (p *Policy) layout(kind CertificateKind) KindLayout {
	i := slices.IndexFunc(p.Kinds, func(k KindLayout) bool { return k.Kind == kind })
	if i < 0 {
		return KindLayout{Kind: kind, Chinese: string(kind), English: string(kind)}
	}
	return p.Kinds[i]
}
