package registry

import (
	"time"

	"turnkey-gateway/verifier"
)

// A Usage is what a registered certificate is for. A login certificate never counts
// as a signing one; a certificate may be registered as both.
type Usage string

const (
	Login   Usage = "login"   // 登入
	Signing Usage = "signing" // 簽章
)

// A CertificateKind is a family of certificates, by who issues them.
type CertificateKind string

const (
	MOICA   CertificateKind = "moica"   // 自然人憑證
	MOEACA  CertificateKind = "moeaca"  // 工商憑證
	Customs CertificateKind = "customs" // 通關專屬憑證
)

var certificateKinds = []CertificateKind{MOICA, MOEACA, Customs}

// A Medium is where the private key is kept.
type Medium string

const (
	Card Medium = "card" // IC卡類
	File Medium = "file" // 非IC卡類
)

// A UsageType is a 憑證使用類型. The policy table says which there are.
type UsageType string

const (
	SpecialistUse UsageType = "specialist"    // 報關專責人員
	TraderUse     UsageType = "trader"        // 一般企業/報關承攬業
	CarrierUse    UsageType = "carrier"       // 船公司/代理業
	WarehouseUse  UsageType = "warehouse"     // 倉儲業
	BrokerUse     UsageType = "broker"        // 報關業
	IslandShopUse UsageType = "island_shop"   // 離島免稅購物商店系統
	DutyFreeUse   UsageType = "dutyfree_shop" // 國際免稅商店
	AirlineUse    UsageType = "airline"       // 航空公司
)

// usageTypes are those that the registry can store.
var usageTypes = []UsageType{SpecialistUse, TraderUse, CarrierUse, WarehouseUse, BrokerUse, IslandShopUse, DutyFreeUse, AirlineUse}

// A Registration is one registration as listings show it.
type Registration struct {
	Party       verifier.PartyID
	Certificate *verifier.Certificate
	Usage       Usage
	Kind        CertificateKind
	Medium      Medium
	UsageType   UsageType // empty for a login
	Main        bool      // 主憑證
	State       verifier.RegistrationState

	// From and Until bound the period in force, [From, Until); a zero Until means
	// open.
	From, Until time.Time

	RegisteredAt time.Time
	EndedAt      time.Time // when withdrawn or revoked; zero otherwise
}

// A NewRegistration is a certificate to be registered, after [Rules.Admit].
type NewRegistration struct {
	Party       verifier.PartyID
	Certificate *verifier.Certificate
	Usage       Usage
	Kind        CertificateKind
	Medium      Medium
	UsageType   UsageType // required for signing, empty for a login

	// Pending registers a certificate that nothing binds to the party yet: it doesn't
	// count until it is confirmed.
	Pending bool

	// From and Until bound the period in force, [From, Until). A zero From means the
	// moment of registration, a zero Until means open; the certificate's own validity
	// is judged beside it.
	From, Until time.Time
}

// A RevocationReason is a CRLReason, RFC 5280 5.3.1, by its name there.
type RevocationReason string

// Unspecified is the reason where none is given.
const Unspecified RevocationReason = "unspecified"

// RevocationReasons are those a certificate can be revoked for here.
// certificateHold and removeFromCRL are left out: nothing un-revokes.
var RevocationReasons = []RevocationReason{
	Unspecified, "keyCompromise", "cACompromise", "affiliationChanged", "superseded",
	"cessationOfOperation", "privilegeWithdrawn", "aACompromise",
}
