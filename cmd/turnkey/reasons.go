package main

import "turnkey-gateway/verifier"

// A reasonText says a verdict's reason to a person: what it means, and what the one
// who signed the message can do about it.
type reasonText struct{ meaning, mend text }

// reasonTexts has one entry for every reason a verdict can have; a test holds it to that.
var reasonTexts = map[verifier.Reason]reasonText{
	verifier.Verified: {
		meaning: text{"Signed by a registered certificate, and not changed since.", "由已登錄的憑證簽章，簽章後內容未經更動。"},
	},
	verifier.MalformedXML: {
		meaning: text{"It is not well-formed XML.", "不是格式正確的 XML。"},
		mend: text{"Look at the position given: usually a cut-off upload, an unescaped & or <, or text in another encoding than it says.",
			"請查看所列位置：常見原因是檔案傳輸不完整、& 或 < 未跳脫，或實際編碼與宣告不符。"},
	},
	verifier.ForbiddenXML: {
		meaning: text{"It is XML of a kind that is not accepted: a DTD, XML 1.1, or an encoding other than UTF-8.", "不接受此種 XML：含 DTD、XML 1.1，或編碼不是 UTF-8。"},
		mend:    text{"Write the message as XML 1.0 in UTF-8 without <!DOCTYPE>, then sign it again.", "請以 UTF-8 編碼、XML 1.0、不含 <!DOCTYPE> 重新產生報文，再重新簽章。"},
	},
	verifier.TooLarge: {
		meaning: text{"It exceeds a limit on size, depth or number of elements.", "超過大小、層數或元素個數的上限。"},
		mend:    text{"Split the message, or send attachments by NX5901 in smaller parts.", "請拆分報文；附件請以 NX5901 分次傳送。"},
	},
	verifier.Unsigned: {
		meaning: text{"It carries no XML signature.", "報文沒有 XML 數位簽章。"},
		mend: text{"Sign it before sending (turnkey sign). In these messages the prefix ds: is often bound to the WCO's namespace: a signature must be in http://www.w3.org/2000/09/xmldsig#.",
			"請先簽章再傳送（turnkey sign）。注意：報文中的 ds: 前置詞常指向 WCO 命名空間，簽章元素必須屬於 http://www.w3.org/2000/09/xmldsig#。"},
	},
	verifier.AmbiguousSignature: {
		meaning: text{"It carries more than one signature, so that it is not clear which one counts.", "含有一個以上的簽章，無法確定以何者為準。"},
		mend:    text{"Take the old signature out before signing again; sign once.", "重新簽章前請先移除舊簽章；每份報文只簽一次。"},
	},
	verifier.ProfileViolation: {
		meaning: text{"The signature is built in a way that the profile does not allow.", "簽章的結構不符合規範。"},
		mend: text{"Use one enveloped signature over the whole document: Reference URI=\"\", enveloped-signature first, then at most one canonicalisation. `turnkey sign` makes one.",
			"請使用涵蓋整份文件的單一 enveloped 簽章：Reference URI=\"\"，轉換依序為 enveloped-signature 及至多一個正規化。可用 turnkey sign 產生。"},
	},
	verifier.WeakAlgorithm: {
		meaning: text{"The signature uses an algorithm or key that is no longer accepted.", "簽章使用已不被接受的演算法或金鑰。"},
		mend:    text{"Sign with RSA of at least 2048 bits and SHA-256, SHA-384 or SHA-512.", "請使用至少 2048 位元的 RSA 金鑰與 SHA-256、SHA-384 或 SHA-512 簽章。"},
	},
	verifier.KeyInfoUnusable: {
		meaning: text{"KeyInfo is present but does not say which certificate signed.", "KeyInfo 存在，但無法辨識是哪一張憑證所簽。"},
		mend:    text{"Put the signing certificate into KeyInfo as X509Certificate, or leave KeyInfo out.", "請在 KeyInfo 以 X509Certificate 放入簽章憑證，或省略 KeyInfo。"},
	},
	verifier.UnregisteredCertificate: {
		meaning: text{"The certificate that signed is not registered for signing by this sender.", "簽章所用的憑證並未由此傳送者登錄為簽章憑證。"},
		mend: text{"Register the certificate (通關憑證註冊, or turnkey import), or sign with one that is registered. A pending registration has to be confirmed first.",
			"請先至「通關憑證註冊」匯入該憑證（或用 turnkey import），或改用已登錄的憑證簽章。狀態為「待確認」者須先確認。"},
	},
	verifier.SenderMismatch: {
		meaning: text{"The certificate, or the sender named in the message, belongs to another party.", "憑證或報文內所載的傳送者屬於其他用戶。"},
		mend:    text{"Send from the account that the certificate is registered to, and check the sender's codes in the message.", "請以登錄該憑證的帳號傳送，並檢查報文內的箱號、統一編號等代碼。"},
	},
	verifier.CertificateNotYetValid: {
		meaning: text{"The certificate was not valid yet when the message was received.", "收到報文時，憑證尚未生效。"},
		mend:    text{"Wait until it becomes valid, or sign with the one before it.", "請待憑證生效後再傳送，或使用前一張憑證簽章。"},
	},
	verifier.CertificateExpired: {
		meaning: text{"The certificate, or its registration, had expired when the message was received.", "收到報文時，憑證或其登錄已過期。"},
		mend:    text{"Get a new certificate, register it (憑證更換作業, or turnkey replace) and sign again.", "請申請新憑證並完成登錄（憑證更換作業，或 turnkey replace），再重新簽章。"},
	},
	verifier.CertificateRevoked: {
		meaning: text{"The certificate has been revoked.", "憑證已廢止。"},
		mend:    text{"Get a new certificate and register it. A revoked one never comes back.", "請申請並登錄新憑證；已廢止的憑證無法恢復使用。"},
	},
	verifier.RegistrationWithdrawn: {
		meaning: text{"The registration of this certificate was withdrawn.", "此憑證的登錄已停用。"},
		mend:    text{"Sign with a certificate in force, or register this one anew.", "請改用生效中的憑證簽章，或重新登錄此憑證。"},
	},
	verifier.DigestMismatch: {
		meaning: text{"The content is not what was signed: it was changed afterwards.", "內容與簽章時不同：簽章後曾被更動。"},
		mend: text{"Nothing may touch the file after signing: no re-indenting, no collapsing of blanks (declaration numbers may hold two), no editor, no other encoding. Sign again, and compare with turnkey explain.",
			"簽章後不得再更動檔案：不可重新排版、合併空白（報單號碼可含連續兩個空白）、轉碼，也不可用編輯器另存。請重新簽章，並可用 turnkey explain 比對。"},
	},
	verifier.SignatureMismatch: {
		meaning: text{"The signature value was not made by this certificate's key over this SignedInfo.", "簽章值並非由此憑證的金鑰對此 SignedInfo 所產生。"},
		mend: text{"Check that the key file belongs to the certificate, and that nothing changed SignedInfo (its namespaces too) after signing.",
			"請確認私密金鑰與憑證相符，且簽章後 SignedInfo（含其命名空間）未被更動。"},
	},
}
