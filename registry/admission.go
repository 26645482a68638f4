package registry

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"turnkey-gateway/verifier"
)

// Rules admit certificates to the registry.
type Rules struct {
	Policy *Policy

	// Issuers are the authorities whose word binds a certificate to whom it names. Nil
	// means none: nothing binds by itself then.
	Issuers *IssuerSet

	// OpenBinding puts every admitted certificate in force at once, as the manual's
	// letter has it: whoever knows a 統一編號 can then bind a key to it.
	OpenBinding bool
}

// A Purpose is what a certificate is to be registered for.
type Purpose struct {
	Usage     Usage
	UsageType UsageType // of a signing certificate; empty for a login
	Medium    Medium
}

// An Admission is a certificate that may be registered for a purpose.
type Admission struct {
	Certificate *verifier.Certificate
	Kind        CertificateKind
	Holder      Holder

	// Known reports that one of the configured issuers issued it, so that Kind and
	// Holder are more than its own words.
	Known bool

	// Warnings don't stand against a registration.
	Warnings []Message

	open bool
}

// Admit decides whether a certificate may be registered for a purpose at a moment. The
// error is a [Refusal] that says the first thing that stands against it.
func (r *Rules) Admit(cert *verifier.Certificate, purpose Purpose, at time.Time) (Admission, error) {
	parsed := cert.X509()
	for _, check := range []func(*x509.Certificate) error{checkUse, checkKey, checkSignatureHash} {
		if err := check(parsed); err != nil {
			return Admission{}, err
		}
	}
	warnings, err := checkValidity(parsed, at)
	if err != nil {
		return Admission{}, err
	}
	kind, known, err := r.recognize(cert, at)
	if err != nil {
		return Admission{}, err
	}
	stale, err := r.Issuers.checkRevoked(parsed, at)
	if err != nil {
		return Admission{}, err
	}
	warnings = append(warnings, stale...)
	if err := r.checkPolicy(kind, purpose); err != nil {
		return Admission{}, err
	}
	holder, err := readHolder(parsed, r.Policy.layout(kind))
	if err != nil {
		return Admission{}, err
	}
	return Admission{cert, kind, holder, known, warnings, r.OpenBinding}, nil
}

// recognize returns the kind of a certificate, and whether its issuer is a configured
// one: else the kind is told by the look of its names.
func (r *Rules) recognize(cert *verifier.Certificate, at time.Time) (kind CertificateKind, known bool, err error) {
	if kind, known = r.Issuers.kindOf(cert.X509(), at); known {
		return kind, true, nil
	}
	var alike []CertificateKind
	for _, layout := range r.Policy.Kinds {
		if layout.matches(cert.X509()) {
			alike = append(alike, layout.Kind)
		}
	}
	if len(alike) == 1 {
		return alike[0], false, nil
	}
	return "", false, refuse("UNKNOWN_KIND",
		fmt.Sprintf("the certificate, issued by %q, is neither a 自然人憑證 nor a 工商憑證 nor a 通關專屬憑證: choose one of those", cert.Issuer()),
		fmt.Sprintf("此憑證（簽發者 %s）不是自然人憑證、工商憑證或通關專屬憑證：請改用上述憑證", cert.Issuer()))
}

// matches reports whether a certificate's names look like those of the kind.
func (k KindLayout) matches(cert *x509.Certificate) bool {
	if k.subjectName != nil && k.subjectName.MatchString(subjectValue(cert, oidCommonName)) {
		return true
	}
	return slices.ContainsFunc(cert.Issuer.OrganizationalUnit, func(unit string) bool {
		return slices.Contains(k.IssuerUnits, unit)
	})
}

// checkPolicy refuses kinds and media that the policy doesn't list for the purpose.
func (r *Rules) checkPolicy(kind CertificateKind, purpose Purpose) error {
	allowed, ok := r.Policy.allowed(purpose.Usage, purpose.UsageType)
	if !ok {
		return refuse("UNKNOWN_USAGE_TYPE",
			fmt.Sprintf("there is no usage type %q for %s", purpose.UsageType, purpose.Usage),
			fmt.Sprintf("沒有「%s」這種憑證使用類型", purpose.UsageType))
	}
	if slices.Contains(allowed, KindAndMedium{kind, purpose.Medium}) {
		return nil
	}
	english, chinese := make([]string, len(allowed)), make([]string, len(allowed))
	for i, a := range allowed {
		english[i], chinese[i] = r.describe(a)
	}
	given, givenChinese := r.describe(KindAndMedium{kind, purpose.Medium})
	return refuse("KIND_NOT_ALLOWED",
		fmt.Sprintf("%s can't be used here: choose %s", given, strings.Join(english, ", or ")),
		fmt.Sprintf("此處不可使用%s：請改用%s", givenChinese, strings.Join(chinese, "或")))
}

// describe names a kind and medium in both languages.
func (r *Rules) describe(k KindAndMedium) (english, chinese string) {
	layout := r.Policy.layout(k.Kind)
	if k.Medium == Card {
		return "a " + layout.English + " on an IC card", "IC卡類" + layout.Chinese
	}
	return "a " + layout.English + " in a file", "非IC卡類" + layout.Chinese
}
