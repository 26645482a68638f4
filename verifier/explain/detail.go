package explain

import (
	"encoding/json"
	"strings"
	"time"

	"turnkey-gateway/verifier"
)

// maxNamed is how many certificates of a kind a detail shows.
const maxNamed = 8

// Details says in words what a verdict's detail holds; what is wrong comes first. It is
// empty for a verified one.
func Details(v verifier.Verdict) []Line {
	cause, ok := v.LikelyCause()
	return details(v, cause, ok, false)
}

// details leaves out what is registered where alone.
func details(v verifier.Verdict, cause verifier.Cause, hasCause, alone bool) []Line {
	var d struct {
		Message    string
		Offset     *int
		Line       int
		Column     int
		Expected   string `json:"digest_expected"`
		Found      string `json:"digest_found"`
		DigestBy   string `json:"digest_method"`
		Claim      string
		Named      []string
		Registered []struct {
			Serial, State string
			Until         time.Time `json:"valid_until"`
		}
		More int `json:"registered_more"`
	}
	all := []Line{}
	if err := json.Unmarshal(v.Detail().JSON(), &d); err != nil {
		return all
	}
	add := func(o Outcome, label, value Text) { all = append(all, Line{Label: label, Value: value, Outcome: o}) }
	if d.Message != "" {
		add(Bad, Text{"what", "說明"}, translated(d.Message))
	}
	if d.Offset != nil {
		add(Neutral, Text{"where", "位置"}, say(Text{"line %d, column %d (byte %d)", "第 %d 行第 %d 字（第 %d 位元組）"}, d.Line, d.Column, *d.Offset))
	}
	if hasCause && v.Reason() == verifier.DigestMismatch {
		add(Bad, Text{"likely cause", "可能原因"}, CauseWords(cause.Kind).Title)
		add(Neutral, Text{"where", "位置"}, placeText(cause.Places[0]))
	}
	if d.Expected != "" {
		add(Neutral, Text{"digest signed", "簽章時摘要"}, same("%s %s", shown(d.DigestBy), shown(d.Expected)))
		add(Bad, Text{"digest found", "計算所得摘要"}, same("%s %s", shown(d.DigestBy), shown(d.Found)))
	}
	if d.Claim != "" {
		add(Bad, Text{"element", "元素"}, same("%s", shown(d.Claim)))
	}
	if n := len(d.Named); n > 0 {
		add(Neutral, Text{"in KeyInfo", "報文所附憑證"}, same("SHA-256 %s", strings.Join(d.Named[:min(n, maxNamed)], ", ")))
	}
	if alone {
		return all
	}
	for _, r := range d.Registered[:min(len(d.Registered), maxNamed)] {
		state := stateWord(r.State)
		add(Neutral, Text{"registered", "已登錄憑證"}, Text{
			shown(r.Serial) + " " + state.English + ", until " + stamp(r.Until),
			shown(r.Serial) + " " + state.Chinese + "，有效至 " + stamp(r.Until)})
	}
	if more := d.More + max(0, len(d.Registered)-maxNamed); more > 0 {
		add(Neutral, Text{"and", "此外"}, say(Text{"%d more registrations", "還有 %d 筆登錄"}, more))
	}
	return all
}

// states are the portal's words for what a detail says of registrations.
var states = map[string]Text{
	string(verifier.InForce):    {"in force", "生效中"},
	string(verifier.Pending):    {"pending", "待確認"},
	string(verifier.Superseded): {"superseded", "已被更換"},
	string(verifier.Withdrawn):  {"withdrawn", "已停用"},
	string(verifier.Revoked):    {"revoked", "已廢止"},
	"not_yet_valid":             {"not valid yet", "尚未生效"},
	"expired":                   {"expired", "已過期"},
}

func stateWord(state string) Text {
	if word, ok := states[state]; ok {
		return word
	}
	return same("%s", shown(state))
}
