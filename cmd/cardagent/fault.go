package main

import (
	"fmt"
	"math"
	"time"
)

// A code names what went wrong. Pages rely on them: they are part of the protocol.
type code string

const (
	badRequest           code = "BAD_REQUEST"
	untrustedSite        code = "UNTRUSTED_SITE"
	noModule             code = "NO_MODULE"
	noReader             code = "NO_READER"
	noCard               code = "NO_CARD"
	severalCards         code = "SEVERAL_CARDS"
	noSigningCertificate code = "NO_SIGNING_CERTIFICATE"
	certificateUnusable  code = "CERTIFICATE_UNUSABLE"
	badPIN               code = "BAD_PIN"
	wrongPIN             code = "WRONG_PIN"
	lastTry              code = "LAST_TRY"
	pinLocked            code = "PIN_LOCKED"
	pinNotSet            code = "PIN_NOT_SET"
	wait                 code = "WAIT"
	busy                 code = "BUSY"
	cancelled            code = "CANCELLED"
	timedOut             code = "TIMEOUT"
	cardFailed           code = "CARD_FAILED"

	// These two are warnings beside an answer, never errors.
	certificateExpired     code = "CERTIFICATE_EXPIRED"
	certificateNotYetValid code = "CERTIFICATE_NOT_YET_VALID"
)

// A text is one sentence in both languages.
type text struct{ zh, en string }

func (t text) and(more text) text {
	if more == (text{}) {
		return t
	}
	return text{t.zh + more.zh, t.en + " " + more.en}
}

// texts say what happened and how to mend it.
var texts = map[code]text{
	badRequest: {
		"網頁送來的要求不符合讀卡元件的協定。請重新整理網頁；若仍發生，請通知網站的服務中心。",
		"The page asked for something that isn't in the card agent's protocol. Reload the page; if that doesn't help, tell the site's service centre.",
	},
	untrustedSite: {
		"讀卡元件尚未允許這個網站。若您信任它，請在這部電腦的命令列執行「cardagent allow 網址」後再試一次。",
		"The card agent doesn't serve this site yet. If you trust it, run `cardagent allow ORIGIN` on this computer, then try again.",
	},
	noModule: {
		"找不到晶片卡的驅動程式。請安裝 HiCOS 卡片管理工具後再試；若已安裝在其他位置，請用 --module 指定。",
		"No PKCS#11 module for smart cards was found. Install HiCOS; if it is installed elsewhere, name it with --module.",
	},
	noReader: {
		"找不到讀卡機。請接上讀卡機，稍候再試。",
		"No card reader was found. Connect one, wait a moment and try again.",
	},
	noCard: {
		"讀卡機裡沒有可讀的卡片。請插入憑證卡（晶片朝上插到底）後再試。",
		"There is no readable card in the reader. Insert the card, chip up and all the way in, and try again.",
	},
	severalCards: {
		"讀到多張卡片。請選擇要用的一張，或只留下那一張。",
		"There are several cards. Choose the one to use, or leave only that one in.",
	},
	noSigningCertificate: {
		"這張卡片沒有可用的簽章憑證。請確認是自然人憑證或工商憑證，且已開卡。",
		"This card holds no usable signing certificate. Make sure that it is a citizen or company card that was activated.",
	},
	certificateUnusable: {
		"卡片上的簽章憑證無法使用（無法判讀、重複，或金鑰強度不足）。請洽發卡單位。",
		"The signing certificate on the card can't be used: it isn't readable, is there twice or has a weak key. Ask the issuer of the card.",
	},
	badPIN: {
		"PIN 碼的長度或字元不對，沒有送到卡片。請重新輸入。",
		"The PIN's length or a character in it can't be right; it wasn't sent to the card. Enter it again.",
	},
	wrongPIN: {
		"PIN 碼錯誤。",
		"The PIN is wrong.",
	},
	lastTry: {
		"這可能是最後一次機會：再輸入錯誤，卡片就會鎖住。沒有把握時請先向發卡單位查詢或重設 PIN 碼；確定要試，請再次確認。",
		"This may be the last try: another wrong PIN locks the card. If you aren't sure, ask the card's issuer first; to try all the same, confirm it.",
	},
	pinLocked: {
		"卡片的 PIN 碼已鎖住。請用發卡單位的解鎖服務（自然人憑證：內政部憑證管理中心；工商憑證：工商憑證管理中心）解鎖後再試。",
		"The card's PIN is locked. Unlock it with its issuer (citizen cards: MOICA; company cards: MOEACA), then try again.",
	},
	pinNotSet: {
		"卡片的 PIN 碼尚未設定或必須變更。請先用 HiCOS 卡片管理工具設定。",
		"The card's PIN isn't set yet, or must be changed first. Do that with the card's own software (HiCOS).",
	},
	wait: {
		"剛才的 PIN 碼錯誤，請稍候再試，以免卡片被鎖住。",
		"The PIN was wrong just now: wait a moment before the next try, so that nothing locks the card in haste.",
	},
	busy: {
		"讀卡元件正在處理另一個要求。請等它完成（或關閉其他使用卡片的網頁）後再試。",
		"The card agent is working on another request. Let it finish, or close other pages that use the card, then try again.",
	},
	cancelled: {
		"已取消。",
		"Cancelled.",
	},
	timedOut: {
		"卡片太久沒有回應。請拔出卡片重新插入後再試。",
		"The card took too long. Take it out, insert it again and try once more.",
	},
	cardFailed: {
		"卡片或讀卡機發生錯誤。請拔出卡片重新插入後再試；若仍發生，請執行「cardagent doctor」檢查。",
		"The card or its reader failed. Take the card out, insert it again and try once more; if that doesn't help, run `cardagent doctor`.",
	},
	certificateExpired: {
		"這張憑證已過期，網站可能不接受。請向發卡單位換發。",
		"This certificate has expired and the site may not take it. Ask its issuer for a new one.",
	},
	certificateNotYetValid: {
		"這張憑證尚未生效，或電腦的時間不正確。",
		"This certificate isn't valid yet, or this computer's clock is wrong.",
	},
}

// tries are what a card says of the wrong PINs that it still bears.
type tries string

const (
	triesUnknown tries = "unknown" // it says nothing
	triesLow     tries = "low"     // at least one wrong PIN since the last right one
	triesLast    tries = "last"    // the next wrong PIN locks it
	triesNone    tries = "none"    // it is locked
)

var triesTexts = map[tries]text{
	triesUnknown: {"卡片沒有說還可以試幾次；多數卡片連續錯三次就會鎖住。", "The card doesn't say how many tries are left; most lock after three wrong ones in a row."},
	triesLow:     {"卡片已記錄到錯誤，剩下的次數不多。", "The card has counted wrong PINs: few tries are left."},
	triesLast:    {"只剩最後一次機會，再錯卡片就會鎖住。", "One try is left; another wrong PIN locks the card."},
	triesNone:    {"卡片已鎖住。", "The card is locked."},
}

// A fault is an answer that isn't what was asked for.
type fault struct {
	Code code   `json:"code"`
	Zh   string `json:"zh"`
	En   string `json:"en"`

	// Tries goes with WRONG_PIN, LAST_TRY and PIN_LOCKED.
	Tries tries `json:"tries,omitempty"`

	// Wait is how many seconds must pass before the next PIN, where the agent knows.
	Wait int `json:"wait,omitempty"`

	// Readers go with NO_CARD and SEVERAL_CARDS.
	Readers []reader `json:"readers,omitempty"`

	// Detail goes with BAD_REQUEST, for who writes the page.
	Detail string `json:"detail,omitempty"`

	// cause is for the log; it never holds what a page or a card said.
	cause error
}

func (f *fault) Error() string {
	if f.cause == nil {
		return string(f.Code)
	}
	return fmt.Sprintf("%s: %v", f.Code, f.cause)
}

func (f *fault) Unwrap() error { return f.cause }

func newFault(c code, cause error) *fault {
	return &fault{Code: c, Zh: texts[c].zh, En: texts[c].en, cause: cause}
}

func withTries(c code, left tries) *fault {
	f := newFault(c, nil)
	f.Tries = left
	if c == wrongPIN {
		words := texts[c].and(triesTexts[left])
		f.Zh, f.En = words.zh, words.en
	}
	return f
}

// after sets how long to wait, rounded up to seconds.
func (f *fault) after(d time.Duration) *fault {
	f.Wait = int(math.Ceil(d.Seconds()))
	return f
}
