package portal

import (
	"net/http"
	"slices"
)

// Where the flows begin. Their further steps lie below.
const (
	homePath          = "/"
	centrePath        = "/centre"         // 憑證註冊中心
	loginPath         = "/login"          // 憑證登入
	passwordLoginPath = "/password-login" // 帳號登入
	logoutPath        = "/logout"         // 登出, by POST
	replacePath       = "/replace"        // 憑證更換作業
	registerPath      = "/register"       // 註冊
	forgotPath        = "/forgot"         // 忘記密碼
	resetPath         = "/reset"          // a new password, from the link in the mail
	accountPath       = "/account"        // 我的帳號
	importPath        = "/import"         // 通關憑證註冊
	queryPath         = "/certificates"   // 通關憑證查詢
	minePath          = "/certificates/mine"
	whyPath           = "/why"    // 為什麼驗章失敗？
	manualPath        = "/manual" // 下載註冊簡易手冊
	staffPath         = "/staff"
)

// destinations are the only paths of ours that a request may name to go on to.
var destinations = []string{homePath, centrePath, loginPath, replacePath, registerPath, importPath, minePath, queryPath, whyPath, accountPath, staffPath}

// destination returns where a path leads on to: the beginning of its flow, or the given
// path if it is in none.
func destination(path, otherwise string) string {
	if i := slices.IndexFunc(destinations, func(d string) bool { return below(path, d) }); i >= 0 {
		return destinations[i]
	}
	return otherwise
}

// redirect has the browser get a path of ours.
func redirect(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// A menuEntry is a line of the left menu.
type menuEntry struct {
	Path, Word string
	Active     bool
	Apart      bool // it begins another group
}

// menu returns the left menu of the 憑證註冊中心, in the manual's order.
func (p *Portal) menu(path string) []menuEntry {
	entries := []menuEntry{{Path: loginPath, Word: "menu.login"}}
	if p.cfg.PasswordLogin {
		entries = append(entries, menuEntry{Path: passwordLoginPath, Word: "menu.password_login"})
	}
	entries = append(entries,
		menuEntry{Path: replacePath, Word: "menu.replace"},
		menuEntry{Path: registerPath, Word: "menu.register"})
	if p.cfg.PasswordLogin {
		entries = append(entries, menuEntry{Path: forgotPath, Word: "menu.forgot"})
	}
	entries = append(entries,
		menuEntry{Path: importPath, Word: "menu.import"},
		menuEntry{Path: queryPath, Word: "menu.query"},
		menuEntry{Path: whyPath, Word: "menu.why", Apart: true})
	for i := range entries {
		entries[i].Active = below(path, entries[i].Path)
	}
	return entries
}

// below tells whether path is root or lies below it.
func below(path, root string) bool {
	return path == root || len(path) > len(root) && path[:len(root)] == root && path[len(root)] == '/'
}
