package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestIdentityRotate(t *testing.T) {
	const id = "A123456789" // made up; its check digit is right
	d := newDesk(t)
	old := d.env["TURNKEY_IDENTITY_KEY_FILE"]
	d.runWith(id, "party", "create", "--national-id-file", "-", "mei@example.org").want(t, exitYes)
	dir := t.TempDir()
	turnkey(t, "keys", "init", dir).want(t, exitYes)
	d.env["TURNKEY_IDENTITY_KEY_FILE"] = filepath.Join(dir, "identity.key")

	lost := d.run("identity", "rotate").want(t, exitNo, "still under another key: 1", "can't be opened: identifiers, party P-", "--identity-old-key-files")
	d.env["TURNKEY_IDENTITY_OLD_KEY_FILES"] = old
	d.run("parties").want(t, exitYes, "A********9")
	rotated := d.run("identity", "rotate").want(t, exitYes, "sealed anew: 1; still under another key: 0", "1 of 1")
	delete(d.env, "TURNKEY_IDENTITY_OLD_KEY_FILES")
	d.run("parties").want(t, exitYes, "A********9")
	d.run("identity", "rotate", "--lang", "zh").want(t, exitYes, "已重新加密：0 筆")
	d.run("audit", "list").want(t, exitYes, "identity_rotated", "resealed=1 left=0")
	if strings.Contains(lost.stdout+lost.stderr+rotated.stdout+rotated.stderr, id) {
		t.Error("a national id is shown")
	}
	d.env["TURNKEY_IDENTITY_OLD_KEY_FILES"] = "nowhere.key"
	d.run("identity", "rotate").want(t, exitUnknown, "TURNKEY_IDENTITY_OLD_KEY_FILES")
	d.env["TURNKEY_IDENTITY_OLD_KEY_FILES"] = old
	delete(d.env, "TURNKEY_IDENTITY_KEY_FILE")
	d.run("identity", "rotate").want(t, exitUnknown, "TURNKEY_IDENTITY_KEY_FILE")
	d.run("parties").want(t, exitUnknown, "of no use without TURNKEY_IDENTITY_KEY_FILE")
}
