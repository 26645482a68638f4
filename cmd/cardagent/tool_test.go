package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/registry/challenge/cardtest"
)

// command runs the program in this process.
func command(t *testing.T, dir string, args ...string) (output string, code int) {
	t.Helper()
	var out bytes.Buffer
	code = run(t.Context(), append(args, "--config", dir), &out, &out)
	return out.String(), code
}

func TestTheUserAllowsAndForbidsSites(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	steps := []struct {
		args []string
		code int
		want string
	}{
		{[]string{"origins"}, exitNo, "cardagent allow"},
		{[]string{"allow", site}, exitYes, site},
		{[]string{"allow", site}, exitYes, "already"},
		{[]string{"allow", "https://b.example/", "http://localhost:8080"}, exitYes, "https://b.example\n"},
		{[]string{"allow", "https://c.example", "http://portal.example"}, exitUnknown, "not an origin"},
		{[]string{"allow", "*"}, exitUnknown, "not an origin"},
		{[]string{"allow", "https://*.example"}, exitUnknown, "not an origin"},
		{[]string{"allow", "https://portal.example/login"}, exitUnknown, "not an origin"},
		{[]string{"allow"}, exitUnknown, "arg"},
		{[]string{"origins"}, exitYes, site + "\nhttps://b.example\nhttp://localhost:8080\n"},
		{[]string{"forbid", site}, exitYes, site},
		{[]string{"forbid", site}, exitUnknown, "isn't allowed anyway"},
		{[]string{"origins"}, exitYes, "https://b.example\nhttp://localhost:8080\n"},
		{[]string{"alow", site}, exitUnknown, "unknown"},
		{[]string{"serve", "--listen", "0.0.0.0:0"}, exitUnknown, "loopback"},
		{[]string{"doctor", "--module", "libsofthsm2.so"}, exitUnknown, "absolute"},
		{[]string{"--version"}, exitYes, "cardagent "},
	}
	for _, s := range steps {
		if out, code := command(t, dir, s.args...); code != s.code || !strings.Contains(out, s.want) {
			t.Errorf("%v: exit code %d, want %d, %q:\n%s", s.args, code, s.code, s.want, out)
		}
	}
}

func TestHelpSaysWhatToDoFirst(t *testing.T) {
	out, code := command(t, t.TempDir(), "--help")
	for _, want := range []string{"cardagent allow https://", "cardagent doctor", "HiCOS", "PIN", "讀卡", "--module", defaultListen} {
		if code != exitYes || !strings.Contains(out, want) {
			t.Errorf("%q isn't in the help:\n%s", want, out)
		}
	}
}

func TestSecurityDoubtfulSettingsAllowNoSite(t *testing.T) {
	tests := []struct {
		name, text string
		mode       os.FileMode
	}{
		{"others may write them", `{"origins":["` + site + `"]}`, 0o666},
		{"no JSON", `{"origins":["` + site + `"]`, 0o600},
		{"an unknown member", `{"origins":["` + site + `"],"allow_all":true}`, 0o600},
		{"an origin that is none", `{"origins":["` + site + `","*"]}`, 0o600},
		{"a module in whatever directory", `{"origins":["` + site + `"],"module":"pkcs11.so"}`, 0o600},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.mode != 0o600 && runtime.GOOS == "windows" {
				t.Skip("Windows has no such modes")
			}
			file, err := settingsIn(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(string(file), []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(string(file), tt.mode); err != nil {
				t.Fatal(err)
			}
			if allowed, err := file.allows(site); allowed || err == nil {
				t.Errorf("allowed: %v, error: %v", allowed, err)
			}
		})
	}
}

// TestSecurityADirectoryOfOthersAllowsNoSite: who may write there can put a file of their
// own in the settings' place.
func TestSecurityADirectoryOfOthersAllowsNoSite(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	dir := t.TempDir()
	file, err := settingsIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := file.write(Settings{Origins: []string{site}}); err != nil {
		t.Fatal(err)
	}
	if allowed, err := file.allows(site); !allowed || err != nil {
		t.Fatalf("allowed: %v, error: %v", allowed, err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if allowed, err := file.allows(site); allowed || err == nil {
		t.Errorf("allowed: %v, error: %v", allowed, err)
	}
}

func TestDoctorTellsWhatItFinds(t *testing.T) {
	card := citizen(t)
	box, agent := start(t, cardtest.Habits{}, card)
	out, code := agent.Run(t, "doctor")
	if code != exitYes {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{site, box.Module, "HiCOS sample card", "王小明", inHalfAYear().UTC().Format("2006-01-02"), "SoftHSM"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q isn't in\n%s", want, out)
		}
	}
	box.Empty(t)
	out, code = agent.Run(t, "doctor")
	if code != exitNo || !strings.Contains(out, texts[noCard].en) || !strings.Contains(out, texts[noCard].zh) {
		t.Errorf("without a card: exit code %d\n%s", code, out)
	}
	out, code = agent.Run(t, "doctor", "--module", "/nonexistent.so")
	if code != exitNo || !strings.Contains(out, texts[noModule].en) {
		t.Errorf("without a module: exit code %d\n%s", code, out)
	}
}

// TestSoftHSM2ByItself has nothing between the agent and SoftHSM2's own module.
func TestSoftHSM2ByItself(t *testing.T) {
	box := cardtest.NewBox(t, cardtest.Habits{}, citizen(t))
	box.Module = box.Soft
	agent := box.Start(t, site)
	page := agent.Open(t, site)
	if answer := page.Ask(t, "sign", signRequest(map[string]any{"pin": badPin})); answer.Code() != "WRONG_PIN" || answer.Error.Tries != "low" {
		t.Errorf("a wrong PIN: %+v", answer.Error)
	}
	if answer := page.Ask(t, "certificate", nil); answer.Code() != "" {
		t.Errorf("the certificate: %+v", answer.Error)
	}
	again := box.Start(t, site) // which hasn't seen the wrong PIN
	s := again.Sign(t, site, challenge.Import, nonce, pin)
	if err := challenge.Verify(parse(t, s.Certificate.DER), challenge.Import, site, nonce, s.Signature); err != nil {
		t.Error(err)
	}
}

func TestWithoutCgoItBuildsAndSaysWhatIsWrong(t *testing.T) {
	program := filepath.Join(t.TempDir(), "cardagent")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(program, "--config", t.TempDir()).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "CGO_ENABLED=1") {
		t.Errorf("serve: %v\n%s", err, out)
	}
}

// TestProtocolNamesEveryCode holds the page that others write their pages by.
func TestProtocolNamesEveryCode(t *testing.T) {
	page, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	for c := range texts {
		if !strings.Contains(string(page), "`"+string(c)+"`") {
			t.Errorf("PROTOCOL.md doesn't say %s", c)
		}
	}
	for name, rule := range asks {
		if !strings.Contains(string(page), `"ask": "`+name+`"`) {
			t.Errorf("PROTOCOL.md doesn't show %s", name)
		}
		for _, member := range append(rule.must, rule.may...) {
			if !strings.Contains(string(page), `"`+member+`"`) {
				t.Errorf("PROTOCOL.md doesn't show %s", member)
			}
		}
	}
}
