package registry

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"time"

	"turnkey-gateway/verifier"
)

// A Category is the 類別 of an account.
type Category string

const (
	Person  Category = "person"  // 個人
	Company Category = "company" // 企業
)

// An Attribute is the 屬性 of an account. attributes.json says which there are.
type Attribute string

// GovernmentAttribute is 政府機關, which has no trade.
const GovernmentAttribute Attribute = "government"

// An AttributeInfo is one row of attributes.json.
type AttributeInfo struct {
	Code     Attribute `json:"code"`
	Category Category  `json:"category"`
	Chinese  string    `json:"chinese"`
	English  string    `json:"english"`

	// UsageTypes are the 憑證使用類型 that an account of this attribute imports for; all
	// of them where it is empty.
	UsageTypes []UsageType `json:"usage_types"`

	// Identifiers are the trade's identifiers that the account is asked for; they count
	// once they are approved.
	Identifiers []verifier.IdentifierKind `json:"identifiers"`

	// Codes are what else it is asked for, kept with its contact data.
	Codes []TradeCode `json:"codes"`
}

// A TradeCode is a code of a trade that identifies nobody to the gateway.
type TradeCode struct {
	Code    string `json:"code"`
	Chinese string `json:"chinese"`
	English string `json:"english"`
}

//go:embed attributes.json
var attributesJSON []byte

// Attributes returns every attribute in the order in which they are offered.
func Attributes() ([]AttributeInfo, error) {
	var file struct {
		Comment    string          `json:"comment"`
		Attributes []AttributeInfo `json:"attributes"`
	}
	if err := unmarshalStrict(attributesJSON, &file); err != nil {
		return nil, fmt.Errorf("read the attributes of accounts: %w", err)
	}
	for _, a := range file.Attributes {
		if a.Category != Person && a.Category != Company {
			return nil, fmt.Errorf("read the attributes of accounts: %s is of category %q", a.Code, a.Category)
		}
		for _, use := range a.UsageTypes {
			if !slices.Contains(usageTypes, use) {
				return nil, fmt.Errorf("read the attributes of accounts: %s has usage type %q", a.Code, use)
			}
		}
	}
	return file.Attributes, nil
}

// A Profile is what an account's holder entered to be reached by. It is personal data:
// sealed at rest, shown to its owner only.
type Profile struct {
	Email       string
	ContactName string
	BirthDate   string // 2006-01-02; of persons
	Phone       string
	Address     string

	// Of companies.
	CompanyChinese string
	CompanyEnglish string
	Responsible    string            // 負責人
	Codes          map[string]string // by TradeCode.Code
}

// An Account is a party's account on the portal.
type Account struct {
	Party     verifier.PartyID
	Name      string // the e-mail address of a person, the 統一編號 of a company
	Category  Category
	Attribute Attribute
	Language  string // zh or en

	// Legacy accounts were moved here from the old customs system, without their
	// passwords.
	Legacy      bool
	HasPassword bool
	CreatedAt   time.Time
}

// A NewAccount is a finished 憑證帳號註冊.
type NewAccount struct {
	Category  Category
	Attribute Attribute
	Language  string
	Profile   Profile

	// PasswordHash is from package password; empty where none was set.
	PasswordHash string

	// Name is the account's name, and Proved the identifier that the certificate
	// proved: a 統一編號 or a 身分證字號.
	Name   string
	Proved Identifier

	// Claims are identifiers that nothing proved. They don't count until approved.
	Claims []Identifier

	// Login is the certificate that the account logs in with; its Party is ignored.
	Login NewRegistration
}

var (
	ErrNoAccount     = errors.New("no such account")
	ErrPartyCounts   = errors.New("certificates or codes of the holder of this 身分證字號 count already: an operator must register the login card")
	ErrAccountExists = errors.New("there is an account for this 統一編號 or 身分證字號 already: log in with its certificate")
)
