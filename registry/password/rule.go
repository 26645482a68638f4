package password

import (
	"strings"
	"unicode/utf8"

	"turnkey-gateway/registry"
)

// The manual's rule, and the longest password that is taken, in bytes.
const (
	minCharacters = 8
	maxBytes      = 128
)

// shortestName is the shortest name that a password may not contain: shorter ones turn
// up by chance.
const shortestName = 4

// Rule returns a [registry.Refusal] unless the password is good enough: the manual's
// eight characters with a digit, an upper-case and a lower-case letter; not easily
// guessed; and without any of the names that its owner goes by: account name, 統一編號,
// e-mail address, of which the part before the @ counts.
func Rule(password string, names ...string) error {
	has := func(from, to byte) bool {
		for i := range len(password) {
			if from <= password[i] && password[i] <= to {
				return true
			}
		}
		return false
	}
	switch {
	case utf8.RuneCountInString(password) < minCharacters:
		return refuse("PASSWORD_TOO_SHORT", "a password needs at least 8 characters", "密碼長度至少 8 碼")
	case len(password) > maxBytes:
		return refuse("PASSWORD_TOO_LONG", "a password may have at most 128 letters or digits (characters of other scripts count more)", "密碼最多 128 個英數字（其他文字以較多碼計算）")
	case !has('0', '9'):
		return refuse("PASSWORD_WITHOUT_DIGIT", "a password needs at least one digit", "密碼須包含數字至少 1 碼")
	case !has('A', 'Z'):
		return refuse("PASSWORD_WITHOUT_UPPER", "a password needs at least one upper-case letter", "密碼須包含大寫英文至少 1 碼")
	case !has('a', 'z'):
		return refuse("PASSWORD_WITHOUT_LOWER", "a password needs at least one lower-case letter", "密碼須包含小寫英文至少 1 碼")
	}
	if _, ok := prepare(password); !ok {
		return refuse("PASSWORD_UNUSABLE", "a password can't hold control characters: type it in rather than paste it", "密碼不可包含控制字元，請改以鍵盤輸入")
	}
	if containsName(password, names) {
		return refuse("PASSWORD_CONTAINS_NAME", "a password must not contain the account's name, 統一編號 or e-mail address", "密碼不可包含帳號、統一編號或電子郵件帳號")
	}
	if guessable(password) {
		return refuse("PASSWORD_COMMON", "this password is among those that are tried first: use fewer well-known words, years, rows of digits or neighbouring keys", "此密碼太容易被猜到：請避免使用常見單字、年份、連續數字或鍵盤相鄰按鍵")
	}
	return nil
}

func refuse(code, english, chinese string) error {
	return &registry.Refusal{Message: registry.Message{Code: code, English: english, Chinese: chinese}}
}

func containsName(password string, names []string) bool {
	password = strings.ToLower(password)
	for _, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		if at := strings.LastIndexByte(name, '@'); at >= 0 {
			name = name[:at]
		}
		if utf8.RuneCountInString(name) >= shortestName && strings.Contains(password, name) {
			return true
		}
	}
	return false
}
