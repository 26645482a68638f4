package registry

import (
	"fmt"
	"regexp"
	"strings"

	"turnkey-gateway/verifier"
)

// CheckIdentifier says in words why a value can't be an identifier of its kind. The
// value may be as a person typed it; see [Normalize].
func CheckIdentifier(kind verifier.IdentifierKind, value string) error {
	value = Normalize(kind, value)
	switch kind {
	case verifier.Account:
		return checkPattern(accountPattern, value, "an account name is 1 to 128 visible ASCII characters: an e-mail address or a 統一編號")
	case verifier.BusinessID:
		return checkBusinessID(value)
	case verifier.NationalID:
		return checkNationalID(value)
	case verifier.BrokerBox:
		return checkPattern(brokerBoxPattern, value, "a 箱號 is 3 letters or digits")
	case verifier.Specialist:
		return checkPattern(specialistPattern, value, "a 報關專責人員代碼 is the customs office's letter (A, B, C or D) and 5 digits, e.g. A00001")
	}
	return fmt.Errorf("no such kind of identifier: %q", string(kind))
}

var (
	accountPattern   = regexp.MustCompile(`^[!-~]{1,128}$`)
	brokerBoxPattern = regexp.MustCompile(`^[0-9A-Z]{3}$`)

	// The office letters are assumed: A 基隆, B 高雄, C 臺北, D 臺中.
	specialistPattern = regexp.MustCompile(`^[A-D][0-9]{5}$`)

	businessIDPattern = regexp.MustCompile(`^[0-9]{8}$`)
	nationalIDPattern = regexp.MustCompile(`^[A-Z]([1289][0-9]{8}|[A-D][0-9]{8})$`)
)

func checkPattern(pattern *regexp.Regexp, value, words string) error {
	if !pattern.MatchString(value) {
		return fmt.Errorf("%s", words) // the value may be personal: not repeated
	}
	return nil
}

// checkBusinessID checks a 統一編號: 8 digits, each times its weight, the digits of the
// products added up; the sum is divisible by 5 (by 10 until 2023, which is stricter).
// A 7 in the seventh place gives 28, whose digits make 10: that may count as 1 or 0.
func checkBusinessID(id string) error {
	if !businessIDPattern.MatchString(id) || id == "00000000" {
		return fmt.Errorf("a 統一編號 has 8 digits, not all zero")
	}
	sum := 0
	for i, weight := range []int{1, 2, 1, 2, 1, 2, 4, 1} {
		product := int(id[i]-'0') * weight
		sum += product/10 + product%10
	}
	if sum%5 == 0 || id[6] == '7' && (sum-9)%5 == 0 {
		return nil
	}
	return fmt.Errorf("not a 統一編號: its check digit is wrong, so one of the digits must be")
}

// nationalIDLength is that of all forms of 身分證字號 and 居留證號碼.
const nationalIDLength = 10

// letterValues is indexed by letter, from A.
var letterValues = [26]int{
	10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, // A-M
	22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33, // N-Z
}

// checkNationalID checks a 身分證字號 (letter, 1 or 2, 8 digits), a 居留證號碼 (letter,
// 8 or 9, 8 digits) or an old 居留證號碼 (two letters, 8 digits; the second letter counts
// with the units digit of its value).
func checkNationalID(id string) error {
	if !nationalIDPattern.MatchString(id) {
		return fmt.Errorf("a 身分證字號 is a letter, 1 or 2, and 8 digits; a 居留證號碼 a letter, 8 or 9, and 8 digits, or (the old form) two letters and 8 digits")
	}
	first := letterValues[id[0]-'A']
	sum := first/10 + first%10*9
	for i, weight := range []int{8, 7, 6, 5, 4, 3, 2, 1, 1} {
		sum += nationalIDDigit(id[i+1]) * weight
	}
	if sum%10 != 0 {
		return fmt.Errorf("not a 身分證字號 or 居留證號碼: its check digit is wrong, so one of the characters must be")
	}
	return nil
}

func nationalIDDigit(c byte) int {
	if strings.IndexByte("ABCD", c) >= 0 {
		return letterValues[c-'A'] % 10
	}
	return int(c - '0')
}
