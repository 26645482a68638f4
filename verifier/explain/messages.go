package explain

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// maxMessage is how long what the verifier says may be shown, in bytes.
const maxMessage = 400

// translated is something that the verifier said in English, in both languages.
func translated(english string) Text {
	return Text{shortenBy(escapeUnseen, english, maxMessage), shortenBy(escapeUnseen, inChinese(english, 0), maxMessage)}
}

// inChinese translates by the format that a message was made with. Parts of it may be
// messages themselves; names and what is quoted of the document stay as they are.
func inChinese(english string, depth int) string {
	const deepest = 3
	if depth > deepest {
		return english
	}
	for _, m := range compiled() {
		if !strings.HasPrefix(english, m.prefix) {
			continue
		}
		found := m.english.FindStringSubmatch(english)
		if found == nil {
			continue
		}
		parts := make([]any, len(found)-1)
		for i, part := range found[1:] {
			parts[i] = inChinese(part, depth+1)
		}
		return fmt.Sprintf(m.chinese, parts...)
	}
	return english
}

type message struct {
	prefix  string
	literal int // bytes that aren't filled in
	english *regexp.Regexp
	chinese string
}

// compiled are the messages, each with what recognises it. The one that leaves least to be
// filled in is meant.
var compiled = sync.OnceValue(func() []message {
	all := make([]message, 0, len(messages))
	for _, m := range messages {
		literal := verb.Split(m.English, -1)
		prefix, size := literal[0], len(strings.Join(literal, ""))
		for i := range literal {
			literal[i] = regexp.QuoteMeta(literal[i])
		}
		all = append(all, message{prefix, size, regexp.MustCompile(`(?s)\A` + strings.Join(literal, `(.*)`) + `\z`), m.Chinese})
	}
	slices.SortStableFunc(all, func(a, b message) int { return b.literal - a.literal })
	return all
})

// verb is one of fmt's, as the verifier's formats use them.
var verb = regexp.MustCompile(`%(\+q|0[24]X|[sdqvw])`)

// messages are the formats of what the verifier says, as they stand in its source, and
// the same in Chinese. A test holds them to be all.
var messages = []Text{
	// The judge's.
	{"the signature could not be read", "簽章無法判讀"},
	{"SHA-1 is not accepted: sign with SHA-256", "不接受 SHA-1：請改用 SHA-256 簽章"},
	{"the registered certificate can't be used: %s", "已登錄的憑證無法使用：%s"},
	{"the content is not what was signed: it was changed after signing", "內容與簽章時不同：簽章後曾被更動"},
	{"the signature value was not made with the key of this certificate over this SignedInfo", "簽章值並非由此憑證的金鑰對此 SignedInfo 所產生"},
	{"an X509Certificate in KeyInfo is no certificate", "KeyInfo 中的 X509Certificate 不是憑證"},
	{"account unknown: no party has the account that sent this", "帳號不明：沒有任何用戶擁有此傳送帳號"},
	{"the certificate in KeyInfo is registered to another party", "KeyInfo 所載憑證已由其他用戶登錄"},
	{"the certificate's registration is pending: it must be confirmed before it counts", "憑證登錄狀態為「待確認」：確認後才會生效"},
	{"the sender has registered no signing certificate", "傳送者未登錄任何簽章憑證"},
	{"the sender has not registered the certificate that KeyInfo names", "傳送者未登錄 KeyInfo 所載的憑證"},
	{"%s names nobody: it is not one text of at most %d bytes, or one of more than %d different claims", "%s 未指明任何人：不是單一且不超過 %s 位元組的文字，或有超過 %s 個不同的內容"},
	{"%s names %s, which is no identifier of the sender's", "%s 所載的 %s 不是傳送者的識別碼"},
	{"the certificate counts from %s; the message was received at %s", "憑證自 %s 起生效；報文於 %s 收到"},
	{"the registration ended at %s; the message was received at %s", "憑證登錄已於 %s 終止；報文於 %s 收到"},
	{"the certificate expired at %s; the message was received at %s", "憑證已於 %s 到期；報文於 %s 收到"},
	{"the certificate was revoked at %s", "憑證已於 %s 廢止"},
	{"the certificate was revoked%s", "憑證已廢止%s"},
	{"the registration was withdrawn at %s", "登錄已於 %s 停用"},
	{"the registration was withdrawn%s", "登錄已停用%s"},

	// Why a key, or a certificate, can't be used.
	{"its signature has unused bits", "憑證簽章的位元串含有未使用的位元"},
	{"the key is %s, not RSA", "金鑰種類為 %s，不是 RSA"},
	{"of an unknown kind", "不明"},
	{"the RSA key has %d bits, not %d to %d", "RSA 金鑰為 %s 位元，須為 %s 至 %s 位元"},
	{"the RSA modulus is even", "RSA 模數為偶數"},
	{"the RSA exponent is %d, not an odd number from %d on", "RSA 指數為 %s，須為 %s 以上的奇數"},
	{"the RSA exponent has more than 31 bits", "RSA 指數超過 31 位元"},
	{"the key is not ECDSA", "金鑰不是 ECDSA"},
	{"the curve is none of P-256, P-384 and P-521", "橢圓曲線不是 P-256、P-384 或 P-521"},

	// KeyInfo.
	{"element %s is unknown in KeyInfo", "KeyInfo 中有不明的元素 %s"},
	{"X509SKI is not base64, or one of more than %d", "X509SKI 不是 base64，或超過 %s 個"},
	{"X509Certificate is not base64", "X509Certificate 不是 base64"},
	{"KeyInfo holds more than %d certificates", "KeyInfo 中的憑證超過 %s 張"},
	{"X509SerialNumber is no number, or one of more than %d", "X509SerialNumber 不是數字，或超過 %s 個"},

	// The Signature.
	{"there is no {%s}Signature element", "沒有 {%s}Signature 元素"},
	{"there are %d Signature elements", "有 %s 個 Signature 元素"},
	{"the Signature stands inside a text: a reader may take half of it for the whole", "Signature 位於一段文字之中：讀取者可能只取到其中一半"},
	{"a comment stands beside text in one element", "同一元素內的註解緊鄰文字"},
	{"the root itself is a Signature: only enveloped signatures are accepted", "根元素本身即為 Signature：只接受 enveloped 簽章"},
	{"the Signature is no child of the root", "Signature 不是根元素的直接子元素"},
	{"the Signature lacks %s", "Signature 缺少 %s"},
	{"SignedInfo is longer than %d bytes", "SignedInfo 超過 %s 位元組"},
	{"SignatureValue is not base64", "SignatureValue 不是 base64"},
	{"reference %s: %w", "Reference %s：%s"},
	{"SignedInfo has no canonical form: %v", "SignedInfo 無法正規化：%s"},
	{"SignedInfo is empty", "SignedInfo 沒有內容"},
	{"CanonicalizationMethod reads differently once canonicalised", "CanonicalizationMethod 在正規化前後內容不一致"},
	{"the canonical form of SignedInfo can't be read: %v", "SignedInfo 正規化後無法判讀：%s"},
	{"attribute %s is unknown on SignedInfo", "SignedInfo 有不明的屬性 %s"},
	{"CanonicalizationMethod keeps comments", "CanonicalizationMethod 保留註解"},
	{"the signature algorithm %s is not accepted", "不接受簽章演算法 %s"},
	{"SignedInfo has more than %d Reference", "SignedInfo 中的 Reference 超過 %s 個"},
	{"SignedInfo lacks %s", "SignedInfo 缺少 %s"},
	{"the algorithm %s of %s is not accepted", "不接受 %[2]s 所用的演算法 %[1]s"},
	{"the algorithm %s of %s is broken", "%[2]s 所用的演算法 %[1]s 已被破解"},
	{"a PrefixList names more than %d prefixes", "PrefixList 的前置詞超過 %s 個"},
	{"a Reference has no URI", "Reference 沒有 URI"},
	{`the Reference is to %s: only URI="", the whole document, is accepted`, `Reference 指向 %s：只接受 URI=""，即整份文件`},
	{"a Reference of type %s is not accepted", "不接受類型為 %s 的 Reference"},
	{"a Reference lacks DigestMethod or DigestValue", "Reference 缺少 DigestMethod 或 DigestValue"},
	{"the Reference to the document lacks the enveloped-signature transform", "指向整份文件的 Reference 缺少 enveloped-signature 轉換"},
	{"the transforms are more than, or not in the order of, enveloped-signature and one canonicalisation", "轉換多於 enveloped-signature 及一個正規化，或順序不符"},
	{"a Transform keeps comments", "Transform 保留註解"},
	{"Transforms is empty", "Transforms 沒有內容"},
	{"DigestValue is not base64", "DigestValue 不是 base64"},
	{"DigestValue has %d bytes, not the %d of its algorithm", "DigestValue 為 %s 位元組，其演算法應為 %s 位元組"},
	{"the canonical form is many times as long as the document", "正規化後的長度為文件的許多倍"},
	{"the canonical form is too long", "正規化後過長"},
	{"text between the elements of the Signature", "Signature 的元素之間有文字"},
	{"a comment, CDATA section or processing instruction in the Signature", "Signature 中有註解、CDATA 或處理指令"},
	{"a comment, CDATA section or processing instruction in %s", "%s 中有註解、CDATA 或處理指令"},
	{"element %s is unknown, out of order or there twice in %s", "%[2]s 中的元素 %[1]s 不明、順序不符或重複"},
	{"%s is longer than %d bytes", "%s 超過 %s 位元組"},
	{"attribute %s is unknown on %s", "%[2]s 有不明的屬性 %[1]s"},
	{"%s has no Algorithm", "%s 沒有 Algorithm"},

	// What is covered, and its canonical form.
	{"no Reference covers the document", "沒有任何 Reference 涵蓋整份文件"},
	{"nothing was canonicalised", "沒有任何內容被正規化"},
	{"no element has that Id", "沒有元素具有該 Id"},
	{"no element of this document has that Id", "文件中沒有元素具有該 Id"},
	{"%d attributes hold that Id", "有 %s 個屬性的值為該 Id"},
	{"the element does not hold the Signature that enveloped-signature is to leave out", "該元素不包含 enveloped-signature 要排除的 Signature"},
	{"more than %d xml:base stand around", "外層的 xml:base 超過 %s 個"},
	{"the xml:base inherited is longer than %d bytes", "繼承的 xml:base 超過 %s 位元組"},
	{"the type of <%s> depends on the namespace of prefix %q, which the canonical form leaves out: put it on the PrefixList", "<%s> 的型別取決於前置詞 %s 的命名空間，但正規化會略去它：請列入 PrefixList"},
	{"the document has more than one Signature", "文件有一個以上的 Signature"},
	{"write the canonical form: %w", "產生正規化內容：%s"},
	{"too much would have to be recomputed", "需重新計算的內容過多"},

	// The document.
	{"]]> in character data", "文字中有 ]]>"},
	{"& begins no reference: write &amp;", "& 之後不是實體參照：請寫成 &amp;"},
	{"%s refers to no character that is allowed in XML", "%s 不是 XML 允許的字元"},
	{"entity %s is not defined: without a DTD only lt, gt, amp, quot and apos are", "實體 %s 未定義：沒有 DTD 時只有 lt、gt、amp、quot、apos"},
	{"%s is not ended", "%s 沒有結束"},
	{"a comment", "註解"},
	{"a CDATA section", "CDATA 區段"},
	{"a processing instruction", "處理指令"},
	{"-- inside a comment", "註解中有 --"},
	{"the target %s of a processing instruction holds a colon", "處理指令的名稱 %s 含有冒號"},
	{"an XML declaration may stand only at the very start of the document", "XML 宣告只能位於文件最開頭"},
	{"no white space behind the target %s of a processing instruction", "處理指令的名稱 %s 之後缺少空白"},
	{"the document has %d bytes, more than %d", "文件有 %s 位元組，超過 %s"},
	{"the document is in %s, not in UTF-8", "文件編碼為 %s，不是 UTF-8"},
	{"the XML declaration has no version", "XML 宣告沒有 version"},
	{"white space is missing in the XML declaration", "XML 宣告缺少空白"},
	{"the XML declaration is not ended by ?> where it should be", "XML 宣告沒有以 ?> 結束"},
	{"= is missing in the XML declaration", "XML 宣告缺少 ="},
	{"a value in the XML declaration is not quoted", "XML 宣告中的值沒有引號"},
	{"a value in the XML declaration is not ended", "XML 宣告中的值沒有結束"},
	{"the document is in XML %s, not in XML 1.0", "文件為 XML %s，不是 XML 1.0"},
	{"the document declares the encoding %s, not UTF-8", "文件宣告的編碼為 %s，不是 UTF-8"},
	{"standalone is neither yes nor no", "standalone 既不是 yes 也不是 no"},
	{"a name begins with %q", "名稱以 %s 開頭"},
	{"a colon out of place in a name", "名稱中的冒號位置不對"},
	{"character %+q has no place here in a name", "名稱的此處不可有字元 %s"},
	{"the document ends inside a name", "文件在名稱之中結束"},
	{"a name is expected, not %q", "此處應為名稱，而不是 %s"},
	{"a name is longer than %d bytes", "名稱超過 %s 位元組"},
	{"a second root element", "有第二個根元素"},
	{"there are more than %d elements", "元素超過 %s 個"},
	{"elements nest deeper than %d", "元素層數超過 %s"},
	{"the document ends inside tag <%s", "文件在標籤 <%s 之中結束"},
	{"/ inside tag <%s is not followed by >", "標籤 <%s 中的 / 之後不是 >"},
	{"white space is missing before an attribute of <%s>", "<%s> 的屬性之前缺少空白"},
	{"attribute %s has no value", "屬性 %s 沒有值"},
	{"the value of attribute %s is not quoted", "屬性 %s 的值沒有引號"},
	{"a tag has more than %d attributes", "標籤的屬性超過 %s 個"},
	{"there are more than %d attributes", "屬性超過 %s 個"},
	{"an attribute value is longer than %d bytes", "屬性值超過 %s 位元組"},
	{"< in an attribute value: write &lt;", "屬性值中有 <：請寫成 &lt;"},
	{"an attribute value is not ended", "屬性值沒有結束"},
	{"the prefix xmlns and its namespace may not be declared", "不可宣告前置詞 xmlns 及其命名空間"},
	{"the prefix xml and its namespace belong to each other only", "前置詞 xml 與其命名空間只能互相對應"},
	{"the prefix %s is bound to no namespace", "前置詞 %s 未對應任何命名空間"},
	{"a namespace name is longer than %d bytes", "命名空間名稱超過 %s 位元組"},
	{"more than %d namespaces are in scope", "有效的命名空間超過 %s 個"},
	{"the namespace name %s is no absolute URI", "命名空間名稱 %s 不是絕對 URI"},
	{"the prefix %s is declared twice in one tag", "同一標籤中重複宣告前置詞 %s"},
	{"attribute %s appears twice in one tag", "同一標籤中屬性 %s 重複"},
	{"more than %d xml:* attributes are in scope", "有效的 xml:* 屬性超過 %s 個"},
	{"the prefix %s is not declared", "前置詞 %s 未宣告"},
	{"an end tag without a start tag", "有結束標籤而沒有開始標籤"},
	{"an end tag for <%s> is expected here", "此處應為 <%s> 的結束標籤"},
	{"the document ends inside an end tag", "文件在結束標籤之中結束"},
	{"the document ends inside <%s>", "文件在 <%s> 之中結束"},
	{"the document has no root element", "文件沒有根元素"},
	{"text after the root element", "根元素之後有文字"},
	{"text before the root element", "根元素之前有文字"},
	{"the document ends inside a tag", "文件在標籤之中結束"},
	{"a document type declaration (DOCTYPE) is not allowed", "不允許文件類型宣告（DOCTYPE）"},
	{"<! begins neither a comment nor, inside the root, a CDATA section", "<! 之後既不是註解，也不是（根元素內的）CDATA"},
	{"character U+%04X is not allowed in XML", "XML 不允許字元 U+%s"},
	{"byte 0x%02X begins no valid UTF-8 character", "位元組 0x%s 不是有效的 UTF-8 字元開頭"},
	{"%s at byte %d (line %d, column %d)", "%s（第 %s 位元組，第 %s 行第 %s 字）"},
}
