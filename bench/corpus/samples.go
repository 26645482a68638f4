package corpus

import (
	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// A sample is a party before its certificates are issued.
type sample struct {
	name       string
	usageType  registry.UsageType
	businessID string // companies
	box        string // who declares under a box of its own
	nationalID string // persons
	specialist string // persons
	extra      []life
}

// A life is what the registry is to say of a signing certificate, in days from now.
type life struct {
	kind        registry.CertificateKind
	state       verifier.RegistrationState
	begins, end int  // the certificate's own validity
	from, until int  // its registration's; 0, 0 for as long as it is valid
	otherCN     bool // the CN carries another company's 統一編號
	big5        bool // the name is in Big5, in a TeletexString
}

// The lives of the samples' certificates. A party's main one is mainCustoms.
var (
	mainCustoms = life{kind: registry.Customs, state: verifier.InForce, begins: -60, end: 290}
	alsoInForce = life{kind: registry.Customs, state: verifier.InForce, begins: -40, end: 280}
	others      = life{kind: registry.Customs, state: verifier.InForce, begins: -50, end: 300, otherCN: true}
	company     = life{kind: registry.MOEACA, state: verifier.InForce, begins: -400, end: 1400}
	oddName     = life{kind: registry.MOEACA, state: verifier.InForce, begins: -700, end: 1100, big5: true}
	expired     = life{kind: registry.Customs, state: verifier.InForce, begins: -380, end: -15}
	revoked     = life{kind: registry.Customs, state: verifier.Revoked, begins: -90, end: 275}
	withdrawn   = life{kind: registry.Customs, state: verifier.Withdrawn, begins: -80, end: 285}
	pending     = life{kind: registry.Customs, state: verifier.Pending, begins: -3, end: 360}
	notYet      = life{kind: registry.Customs, state: verifier.InForce, begins: 30, end: 395}
	fromNextDay = life{kind: registry.Customs, state: verifier.InForce, begins: -2, end: 363, from: 20, until: 363}
	overlapping = life{kind: registry.Customs, state: verifier.Superseded, begins: -300, end: 60, from: -300, until: 45}
	replaced    = life{kind: registry.Customs, state: verifier.Superseded, begins: -330, end: 30, from: -330, until: -10}
)

// samples are the sample parties. Their 統一編號 and 身分證字號 are made up and pass
// the checksum.
var samples = []sample{
	{name: "海晏範例報關行", usageType: registry.BrokerUse, businessID: "00042445", box: "A12", extra: []life{alsoInForce, others, company, expired}},
	{name: "青禾範例報關有限公司", usageType: registry.BrokerUse, businessID: "00009494", box: "B07", extra: []life{revoked}},
	{name: "萬順範例報關股份有限公司", usageType: registry.BrokerUse, businessID: "00012337", box: "C3K", extra: []life{withdrawn}},
	{name: "立群範例報關行", usageType: registry.BrokerUse, businessID: "00074115", box: "D45", extra: []life{pending}},
	{name: "許功蓋範例報關行", usageType: registry.BrokerUse, businessID: "00074868", box: "E9Z", extra: []life{oddName}},
	{name: "安瀾範例報關有限公司", usageType: registry.BrokerUse, businessID: "00007812", box: "F60", extra: []life{overlapping}},
	{name: "遠帆範例報關行", usageType: registry.BrokerUse, businessID: "00065066", box: "G11", extra: []life{replaced}},
	{name: "德昌範例報關有限公司", usageType: registry.BrokerUse, businessID: "00065100", box: "H28"},

	{name: "晴川範例貿易有限公司", usageType: registry.TraderUse, businessID: "00007952", extra: []life{expired}},
	{name: "大禹範例精密工業股份有限公司", usageType: registry.TraderUse, businessID: "00089291", extra: []life{notYet}},
	{name: "松柏範例農產有限公司", usageType: registry.TraderUse, businessID: "00002957", extra: []life{company}},
	{name: "和光範例電子股份有限公司", usageType: registry.TraderUse, businessID: "00022026", extra: []life{fromNextDay}},
	{name: "玉山腳範例茶業有限公司", usageType: registry.TraderUse, businessID: "00052153", extra: []life{revoked}},

	{name: "藍海範例輪船股份有限公司", usageType: registry.CarrierUse, businessID: "00010561", extra: []life{expired, alsoInForce}},
	{name: "北辰範例船務代理有限公司", usageType: registry.CarrierUse, businessID: "00036416", extra: []life{notYet}},
	{name: "順風範例航運股份有限公司", usageType: registry.CarrierUse, businessID: "00000536", extra: []life{withdrawn}},
	{name: "滄浪範例船務代理有限公司", usageType: registry.CarrierUse, businessID: "00054912"},

	{name: "雲程範例航空股份有限公司", usageType: registry.AirlineUse, businessID: "00070069"},
	{name: "飛燕範例航空股份有限公司", usageType: registry.AirlineUse, businessID: "00079929", extra: []life{pending}},
	{name: "穩固範例倉儲股份有限公司", usageType: registry.WarehouseUse, businessID: "00052294"},
	{name: "環島範例免稅商店有限公司", usageType: registry.DutyFreeUse, businessID: "00008158"},

	{name: "林一心", usageType: registry.SpecialistUse, nationalID: "B100215183", specialist: "A90001"},
	{name: "陳範例", usageType: registry.SpecialistUse, nationalID: "C200271764", specialist: "B90002", extra: []life{revoked}},
	{name: "黃樣本", usageType: registry.SpecialistUse, nationalID: "F200845678", specialist: "D90003", extra: []life{expired}},
}
