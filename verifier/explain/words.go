package explain

import "turnkey-gateway/verifier"

// Words say something that happened to a person: a title of a few words, what it means,
// and what the one who signed the message can do about it.
type Words struct {
	Title   Text `json:"title"`
	Meaning Text `json:"meaning"`
	Mend    Text `json:"mend"` // empty where nothing is wrong
}

// WordsOf returns the words for a reason. Every reason that a verdict can have has its own.
func WordsOf(r verifier.Reason) Words {
	if words, ok := reasonWords[r]; ok {
		return words
	}
	return Words{Title: Text{"Not judged", "尚未判定"}, Meaning: Text{"Nothing was decided.", "尚未作出判定。"}}
}

// CauseWords returns the words for a likely cause.
func CauseWords(k verifier.CauseKind) Words { return causeWords[k] }

var reasonWords = map[verifier.Reason]Words{
	verifier.Verified: {
		Title:   Text{"Verified", "驗章通過"},
		Meaning: Text{"Signed by a registered certificate, and not changed since.", "由已登錄的憑證簽章，簽章後內容未經更動。"},
	},
	verifier.MalformedXML: {
		Title:   Text{"Not well-formed XML", "XML 格式錯誤"},
		Meaning: Text{"It is not well-formed XML.", "不是格式正確的 XML。"},
		Mend: Text{"Look at the position given: usually a cut-off upload, an unescaped & or <, or text in another encoding than it says.",
			"請查看所列位置：常見原因是檔案傳輸不完整、& 或 < 未跳脫，或實際編碼與宣告不符。"},
	},
	verifier.ForbiddenXML: {
		Title:   Text{"XML of a kind that is not accepted", "不接受的 XML 種類"},
		Meaning: Text{"It is XML of a kind that is not accepted: a DTD, XML 1.1, or an encoding other than UTF-8.", "不接受此種 XML：含 DTD、XML 1.1，或編碼不是 UTF-8。"},
		Mend:    Text{"Write the message as XML 1.0 in UTF-8 without <!DOCTYPE>, then sign it again.", "請以 UTF-8 編碼、XML 1.0、不含 <!DOCTYPE> 重新產生報文，再重新簽章。"},
	},
	verifier.TooLarge: {
		Title:   Text{"Too large", "超過大小限制"},
		Meaning: Text{"It exceeds a limit on size, depth or number of elements.", "超過大小、層數或元素個數的上限。"},
		Mend:    Text{"Split the message, or send attachments by NX5901 in smaller parts.", "請拆分報文；附件請以 NX5901 分次傳送。"},
	},
	verifier.Unsigned: {
		Title:   Text{"Not signed", "未簽章"},
		Meaning: Text{"It carries no XML signature.", "報文沒有 XML 數位簽章。"},
		Mend: Text{"Sign it before sending (turnkey sign). In these messages the prefix ds: is often bound to the WCO's namespace: a signature must be in http://www.w3.org/2000/09/xmldsig#.",
			"請先簽章再傳送（turnkey sign）。注意：報文中的 ds: 前置詞常指向 WCO 命名空間，簽章元素必須屬於 http://www.w3.org/2000/09/xmldsig#。"},
	},
	verifier.AmbiguousSignature: {
		Title:   Text{"More than one signature", "簽章不只一個"},
		Meaning: Text{"It carries more than one signature, so that it is not clear which one counts.", "含有一個以上的簽章，無法確定以何者為準。"},
		Mend:    Text{"Take the old signature out before signing again; sign once.", "重新簽章前請先移除舊簽章；每份報文只簽一次。"},
	},
	verifier.ProfileViolation: {
		Title:   Text{"Signed in a form that is not accepted", "簽章結構不符規範"},
		Meaning: Text{"The signature is built in a way that the profile does not allow.", "簽章的結構不符合規範。"},
		Mend: Text{"Use one enveloped signature over the whole document: Reference URI=\"\", enveloped-signature first, then at most one canonicalisation. `turnkey sign` makes one.",
			"請使用涵蓋整份文件的單一 enveloped 簽章：Reference URI=\"\"，轉換依序為 enveloped-signature 及至多一個正規化。可用 turnkey sign 產生。"},
	},
	verifier.WeakAlgorithm: {
		Title:   Text{"Algorithm or key too weak", "演算法或金鑰強度不足"},
		Meaning: Text{"The signature uses an algorithm or key that is no longer accepted.", "簽章使用已不被接受的演算法或金鑰。"},
		Mend:    Text{"Sign with RSA of at least 2048 bits and SHA-256, SHA-384 or SHA-512.", "請使用至少 2048 位元的 RSA 金鑰與 SHA-256、SHA-384 或 SHA-512 簽章。"},
	},
	verifier.KeyInfoUnusable: {
		Title:   Text{"KeyInfo can't be used", "KeyInfo 無法使用"},
		Meaning: Text{"KeyInfo is present but does not say which certificate signed.", "KeyInfo 存在，但無法辨識是哪一張憑證所簽。"},
		Mend:    Text{"Put the signing certificate into KeyInfo as X509Certificate, or leave KeyInfo out.", "請在 KeyInfo 以 X509Certificate 放入簽章憑證，或省略 KeyInfo。"},
	},
	verifier.UnregisteredCertificate: {
		Title:   Text{"Certificate not registered", "憑證未登錄"},
		Meaning: Text{"The certificate that signed is not registered for signing by this sender.", "簽章所用的憑證並未由此傳送者登錄為簽章憑證。"},
		Mend: Text{"Register the certificate (通關憑證註冊, or turnkey import), or sign with one that is registered. A pending registration has to be confirmed first.",
			"請先至「通關憑證註冊」匯入該憑證（或用 turnkey import），或改用已登錄的憑證簽章。狀態為「待確認」者須先確認。"},
	},
	verifier.SenderMismatch: {
		Title:   Text{"Somebody else's certificate or identifier", "憑證或傳送者不符"},
		Meaning: Text{"The certificate, or the sender named in the message, belongs to another party.", "憑證或報文內所載的傳送者屬於其他用戶。"},
		Mend:    Text{"Send from the account that the certificate is registered to, and check the sender's codes in the message.", "請以登錄該憑證的帳號傳送，並檢查報文內的箱號、統一編號等代碼。"},
	},
	verifier.CertificateNotYetValid: {
		Title:   Text{"Certificate not valid yet", "憑證尚未生效"},
		Meaning: Text{"The certificate was not valid yet when the message was received.", "收到報文時，憑證尚未生效。"},
		Mend:    Text{"Wait until it becomes valid, or sign with the one before it.", "請待憑證生效後再傳送，或使用前一張憑證簽章。"},
	},
	verifier.CertificateExpired: {
		Title:   Text{"Certificate expired", "憑證已過期"},
		Meaning: Text{"The certificate, or its registration, had expired when the message was received.", "收到報文時，憑證或其登錄已過期。"},
		Mend:    Text{"Get a new certificate, register it (憑證更換作業, or turnkey replace) and sign again.", "請申請新憑證並完成登錄（憑證更換作業，或 turnkey replace），再重新簽章。"},
	},
	verifier.CertificateRevoked: {
		Title:   Text{"Certificate revoked", "憑證已廢止"},
		Meaning: Text{"The certificate has been revoked.", "憑證已廢止。"},
		Mend:    Text{"Get a new certificate and register it. A revoked one never comes back.", "請申請並登錄新憑證；已廢止的憑證無法恢復使用。"},
	},
	verifier.RegistrationWithdrawn: {
		Title:   Text{"Registration withdrawn", "登錄已停用"},
		Meaning: Text{"The registration of this certificate was withdrawn.", "此憑證的登錄已停用。"},
		Mend:    Text{"Sign with a certificate in force, or register this one anew.", "請改用生效中的憑證簽章，或重新登錄此憑證。"},
	},
	verifier.DigestMismatch: {
		Title:   Text{"Changed after signing", "簽章後內容被更動"},
		Meaning: Text{"The content is not what was signed: it was changed afterwards.", "內容與簽章時不同：簽章後曾被更動。"},
		Mend: Text{"Nothing may touch the file after signing: no re-indenting, no collapsing of blanks (declaration numbers may hold two), no editor, no other encoding. Sign again, and compare with turnkey explain.",
			"簽章後不得再更動檔案：不可重新排版、合併空白（報單號碼可含連續兩個空白）、轉碼，也不可用編輯器另存。請重新簽章，並可用 turnkey explain 比對。"},
	},
	verifier.SignatureMismatch: {
		Title:   Text{"Signature value doesn't fit", "簽章值不符"},
		Meaning: Text{"The signature value was not made by this certificate's key over this SignedInfo.", "簽章值並非由此憑證的金鑰對此 SignedInfo 所產生。"},
		Mend: Text{"Check that the key file belongs to the certificate, and that nothing changed SignedInfo (its namespaces too) after signing.",
			"請確認私密金鑰與憑證相符，且簽章後 SignedInfo（含其命名空間）未被更動。"},
	},
}

var causeWords = map[verifier.CauseKind]Words{
	verifier.CanonicalisedOtherwise: {
		Title:   Text{"Canonicalised otherwise than the Signature says", "實際正規化方式與簽章所載不同"},
		Meaning: Text{"The digest is that of another canonical form than the one that the Signature names.", "摘要值是以簽章所載以外的正規化方式算出的。"},
		Mend:    Text{"Mend the signing program: it has to digest the form that its Transforms name. Without one that is inclusive C14N 1.0.", "請修正簽章程式：計算摘要時須採用 Transforms 所載的正規化方式；未載明時為 inclusive C14N 1.0。"},
	},
	verifier.SpaceAroundSignature: {
		Title:   Text{"White space put around the Signature after signing", "簽章後在 Signature 元素前後加入空白或換行"},
		Meaning: Text{"Without the white space beside the Signature element the digest is right.", "去除 Signature 元素前後的空白後，摘要值即相符。"},
		Mend:    Text{"Put the Signature in before the digest is taken, or without any blank or line end beside it.", "請在計算摘要前先放入 Signature，或放入時不在其前後加任何空白或換行。"},
	},
	verifier.LineEndsChanged: {
		Title:   Text{"Line ends changed after signing", "簽章後換行字元被更動"},
		Meaning: Text{"With other line ends (CR LF or LF) the digest is right.", "改用另一種換行字元（CR LF 或 LF）後，摘要值即相符。"},
		Mend:    Text{"Send the file in binary: no text mode of FTP, no conversion of line ends by an editor or a version control system.", "請以二進位方式傳送檔案：勿使用 FTP 文字模式，也勿讓編輯器或版本控制系統轉換換行字元。"},
	},
	verifier.Reencoded: {
		Title:   Text{"Re-encoded after signing: UTF-8 was taken for Latin-1", "簽章後被轉碼：UTF-8 被誤認為 Latin-1"},
		Meaning: Text{"Read as Latin-1 and written as UTF-8 again, the Chinese text became other characters.", "檔案被當作 Latin-1 讀入後又以 UTF-8 寫出，中文變成了其他字元。"},
		Mend:    Text{"Have the programs that handle the file after signing read and write it as UTF-8, or as bytes.", "請讓簽章後經手檔案的程式以 UTF-8（或以位元組）讀寫。"},
	},
	verifier.Reindented: {
		Title:   Text{"Re-indented after signing", "簽章後被重新排版（縮排或換行）"},
		Meaning: Text{"With other blanks and line ends between the elements the digest is right.", "改變元素之間的空白與換行後，摘要值即相符。"},
		Mend:    Text{"Format the message before signing, never after it: no pretty printing, no saving from an editor.", "請在簽章之前排版；簽章後不可再美化排版，也不可由編輯器另存。"},
	},
	verifier.BlanksCollapsed: {
		Title:   Text{"Blanks collapsed after signing", "簽章後連續空白被合併"},
		Meaning: Text{"Where two blanks were signed only one arrived. Declaration numbers may hold two.", "簽章時的連續兩個空白，收到時只剩一個。報單號碼可含連續兩個空白。"},
		Mend:    Text{"Switch off what collapses blanks (an XML editor, a database column, a web form) between signing and sending, and send the file as it was signed.", "請關閉簽章與傳送之間會合併空白的處理（XML 編輯器、資料庫欄位、網頁表單等），並傳送簽章時的原檔。"},
	},
}
