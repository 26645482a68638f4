package password_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/password"
)

func code(err error) string {
	var refusal *registry.Refusal
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return ""
}

func TestRule(t *testing.T) {
	names := []string{"97162640", "Wendy.Yang@example.test", "abc@example.test", ""}
	tests := []struct{ name, password, want string }{
		{"good", "Kx7#pQ2mVt", ""},
		{"just enough", "rT5wkZb8", ""},
		{"a long sentence", "Every Second Gull laughs at 7 boats", ""},
		{"Chinese beside it", "報關Rt5wk書", ""},
		{"full-width forms of it only", "Ｋｘ７ｐＱ２ｍＶｔ", "PASSWORD_WITHOUT_DIGIT"},
		{"seven characters", "rT5wkZb", "PASSWORD_TOO_SHORT"},
		{"few characters of many bytes", "rT5報關報關", "PASSWORD_TOO_SHORT"},
		{"empty", "", "PASSWORD_TOO_SHORT"},
		{"longest", "rT5" + strings.Repeat("wkZb8", 25), ""},
		{"too long", "rT5w" + strings.Repeat("wkZb8", 25), "PASSWORD_TOO_LONG"},
		{"no digit", "rTgwkZbq", "PASSWORD_WITHOUT_DIGIT"},
		{"no upper case", "rt5wkzb8", "PASSWORD_WITHOUT_UPPER"},
		{"no lower case", "RT5WKZB8", "PASSWORD_WITHOUT_LOWER"},
		{"a line end", "rT5wkZb8\n", "PASSWORD_UNUSABLE"},
		{"not UTF-8", "rT5wkZb8\xff", "PASSWORD_UNUSABLE"},
		{"the 統一編號", "Kx97162640pQ", "PASSWORD_CONTAINS_NAME"},
		{"the e-mail's local part", "7pQwendy.YANG", "PASSWORD_CONTAINS_NAME"},
		{"a name too short to count", "Kx7pQabcVt", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := password.Rule(tt.password, names...)
			if code(err) != tt.want || (err != nil) != (tt.want != "") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if err != nil && tt.password != "" && strings.Contains(err.Error(), tt.password) {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

// TestCommonPasswordsAreRefused has passwords that satisfy the manual's classes and are
// tried first all the same.
func TestCommonPasswordsAreRefused(t *testing.T) {
	for _, p := range strings.Fields(`
		Password1 Password12 Password123 Password1234 Password2024 Passw0rd Passw0rd1 Passw0rd! P@ssw0rd P@ssw0rd1
		P@ssw0rd123 P@55w0rd Pa$$w0rd Pa$$word1 PassWord1 pASSWORD1 1Password 12Password Password11 Password01
		Aa123456 Aa12345678 Aa123456789 Aa1234567 AA123456a Aaa12345 Aaaa1111 Aaaaaaa1 A1234567a Abc12345 Abc123456
		Abcd1234 Abcd12345 Abcdef12 Abcdefg1 ABCabc123 Abc123!@# Abcd123! A1b2c3d4 1a2b3c4D 123456Aa 12345678Ab
		Asd12345 Asdf1234 Asdfg123 Asdfgh1! Qwe12345 Qwer1234 Qwerty12 Qwerty123 Qwerty1! Qwert12345 Qwertyuiop1 Qaz12345
		1qaz@WSX 1Qaz2wsx 1qazXSW@ !QAZ2wsx Zaq12wsx ZAQ!2wsx Qazwsx123 1q2w3e4R 1Q2w3e4r5t Q1w2e3r4 Zxcv1234 Zxcvbnm1
		Poiuytr0 7ujm&UJM Qwer!234 Welcome1 Welcome123 Welcome2023! Admin123 Admin1234 Admin@123 Administrator1 Root1234
		Test1234 Test@123 Testing1 Changeme1 Change.me1 Letmein1 Letme1n1 Login123 Master12 Monkey12 Dragon123 Iloveyou1
		ILoveYou2 Sunshine1 Princess1 Football1 Baseball1 Superman1 Batman123 Trustno1 Michael1 Jessica1 Charlie1 Pokemon1
		Google123 Facebook1 Samsung1 Apple123 Hello123 HelloWorld1 H3llow0rld Secret12 Starwars1 Computer1 Internet1 Freedom1
		Whatever1 Nicole123 Daniel12 Jordan23 Liverpool1 Chelsea1 Summer2024 Summer2024! Winter2023 Spring2025! Autumn2022
		January2024 August08 Monday01 Friday13 Happy2024 Lucky888 Taiwan123 Taiwan101 Taiwan2024! Taipei101 Taipei2023
		T@iwan123 Formosa1 Kaohsiung1 Taichung88 Chen1234 Chen1988 Chen0912 Chen0229 Lin19800229 Huang5201314 Wang1688 Wang520520
		Wendy520 Kevin1688 Jason8888 Amy5201314 Woaini520 Woaini1314 Ji32k7au4a83 Ji394su3 Ji394su3! Au4a83au4a83 Su3cl3su3
		W96j0w96j0 Aa5201314 Aa888888 Ab888888 Qq123456 Zz123456 Customs1 Customs123 Customs2024 Broker01 Turnkey1
		Turnkey123 Cargo2024 Company123 Import123 Moica1234 Moeaca123 Cpt12345 Roc12345 Tw123456 Abc123Abc Abc1Abc1 Xy1Xy1Xy1
		Aabbcc11 Ab19900101 20200101Ab Mm147258369 Ppp98765 Zyx98765 Aceg2468 Aa13579135`) {
		t.Run(p, func(t *testing.T) {
			if err := password.Rule(p); code(err) != "PASSWORD_COMMON" {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestPasswordsByChanceAreTaken draws passwords as password managers do.
func TestPasswordsByChanceAreTaken(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	random := rand.New(rand.NewPCG(1, 2))
	refused := 0
	const draws = 5000
	for range draws {
		p := make([]byte, 8)
		for i := range p {
			p[i] = alphabet[random.IntN(len(alphabet))]
		}
		if code(password.Rule(string(p))) == "PASSWORD_COMMON" {
			refused++
		}
	}
	if refused > draws/1000 {
		t.Errorf("%d of %d refused as common", refused, draws)
	}
}

func FuzzRule(f *testing.F) {
	f.Add("Taiwan2024!")
	f.Add("報關\xff")
	f.Fuzz(func(t *testing.T, p string) {
		err := password.Rule(p)
		if err != nil && code(err) == "" {
			t.Fatalf("%q: %v is no refusal", p, err)
		}
		if err == nil && (len(p) < 8 || len(p) > 128) {
			t.Fatalf("%q was taken", p)
		}
	})
}
