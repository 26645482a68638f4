package registry_test

import (
	"slices"
	"testing"

	"turnkey-gateway/registry"
)

// TestDefaultPolicyIsTheManuals checks the table against step 2 of 通關憑證註冊.
func TestDefaultPolicyIsTheManuals(t *testing.T) {
	policy, err := registry.DefaultPolicy()
	if err != nil {
		t.Fatal(err)
	}
	names := map[registry.UsageType]string{
		registry.SpecialistUse: "報關專責人員",
		registry.TraderUse:     "一般企業/報關承攬業",
		registry.CarrierUse:    "船公司/代理業",
		registry.WarehouseUse:  "倉儲業",
		registry.BrokerUse:     "報關業",
		registry.IslandShopUse: "離島免稅購物商店系統",
		registry.DutyFreeUse:   "國際免稅商店",
		registry.AirlineUse:    "航空公司",
	}
	if len(policy.Signing) != len(names) {
		t.Errorf("%d usage types, want %d", len(policy.Signing), len(names))
	}
	for _, s := range policy.Signing {
		if s.Chinese != names[s.Type] || s.English == "" || len(s.Asks) == 0 {
			t.Errorf("usage type %q is called %q and asks for %v", s.Type, s.Chinese, s.Asks)
		}
		want := []registry.KindAndMedium{{Kind: registry.MOEACA, Medium: registry.File}, {Kind: registry.Customs, Medium: registry.File}, {Kind: registry.MOEACA, Medium: registry.Card}}
		if s.Type == registry.SpecialistUse {
			want = []registry.KindAndMedium{{Kind: registry.Customs, Medium: registry.File}}
		}
		if !slices.Equal(s.Allows, want) {
			t.Errorf("%s allows %v, want %v", s.Type, s.Allows, want)
		}
	}
}

func TestParsePolicyRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":           `usage types: all`,
		"unknown field":     `{"signing": [], "singing": []}`,
		"bad pattern":       `{"kinds": [{"kind": "customs", "subject_name": "("}]}`,
		"no group":          `{"kinds": [{"kind": "customs", "subject_name": "^[0-9]{8}$"}]}`,
		"unknown kind":      `{"kinds": [{"kind": "gca"}]}`,
		"unknown type":      `{"signing": [{"type": "pilot"}]}`,
		"unknown medium":    `{"login": [{"kind": "moica", "medium": "disk"}]}`,
		"something behind":  `{} {}`,
		"kind twice":        `{"kinds": [{"kind": "moica"}, {"kind": "moica"}]}`,
		"usage type twice":  `{"signing": [{"type": "trader"}, {"type": "trader"}]}`,
		"a party by claim":  `{"signing": [{"type": "specialist", "asks": ["specialist", "national"]}]}`,
		"kind not laid out": `{"login": [{"kind": "moica", "medium": "card"}]}`,
	} {
		if _, err := registry.ParsePolicy([]byte(text)); err == nil {
			t.Errorf("%s: it was read", name)
		}
	}
}
