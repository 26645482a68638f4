package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"turnkey-gateway/registry/registrytest"
)

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

func sha256Hex(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

func TestAuditVerify(t *testing.T) {
	url := registrytest.Database(t)
	d := deskOn(t, url)
	d.run("audit", "verify").want(t, exitYes, "0 entries")
	d.run("party", "create", "--kind", "company", "97162640").want(t, exitYes)
	d.run("party", "add", "--party", "97162640", "--box", "123").want(t, exitYes)
	head := lastLine(d.run("audit", "verify").want(t, exitYes, "the chain holds: 2 entries", "another machine").stdout)
	known := filepath.Join(t.TempDir(), "heads")
	if appended := lastLine(d.run("audit", "verify", "--known", known, "--append").want(t, exitYes).stdout); appended != head {
		t.Errorf("the head is %q, was %q", appended, head)
	}
	d.run("party", "add", "--party", "97162640", "--box", "456").want(t, exitYes)
	d.run("audit", "verify", "--known", known, "--append", "--lang", "zh").want(t, exitYes, "共 3 筆", "1 筆")
	if noted, err := os.ReadFile(known); err != nil || !strings.HasPrefix(string(noted), head+"\n3 ") || strings.Count(string(noted), "\n") != 2 {
		t.Errorf("noted %q, %v", noted, err)
	}
	d.runWith("# by hand\n\n"+head, "audit", "verify", "--known", "-").want(t, exitYes, "1 heads")

	pool := registrytest.Pool(t, url)
	tamper := func(statement string) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), "ALTER TABLE audit_log DISABLE TRIGGER USER; "+statement); err != nil {
			t.Fatal(err)
		}
	}
	tamper("UPDATE audit_log SET actor = 'operator:other' WHERE id = 2")
	before, err := os.ReadFile(known)
	if err != nil {
		t.Fatal(err)
	}
	broken := d.run("audit", "verify", "--known", known, "--append").want(t, exitNo, "BROKEN at entry 2", "altered")
	if after, _ := os.ReadFile(known); string(after) != string(before) || strings.Contains(broken.stdout, head) {
		t.Error("a broken chain's head was noted")
	}
	// Written anew from there: only what was noted elsewhere tells.
	tamper(`UPDATE audit_log AS e SET hash = audit_hash(e) WHERE id = 2;
		UPDATE audit_log SET previous = (SELECT hash FROM audit_log WHERE id = 2) WHERE id = 3;
		UPDATE audit_log AS e SET hash = audit_hash(e) WHERE id = 3;
		UPDATE audit_head SET hash = (SELECT hash FROM audit_log WHERE id = 3)`)
	d.run("audit", "verify").want(t, exitYes)
	d.run("audit", "verify", "--known", known, "--lang", "zh").want(t, exitNo, "第 2 筆紀錄不符", "noted elsewhere")
}

func TestAuditVerifyCouldNotTell(t *testing.T) {
	d := newDesk(t)
	hash := strings.Repeat("0a", 32)
	for name, heads := range map[string]string{
		"no hash": "5\n", "short hash": "5 0a0a\n", "negative": "-5 " + hash, "contradictory": "5 " + hash + "\n5 " + strings.Repeat("0b", 32), "a page": "<html>",
	} {
		t.Run(name, func(t *testing.T) {
			turnkeyWith(t, d.env, "", "audit", "verify", "--known", writeFile(t, "heads", []byte(heads))).want(t, exitUnknown, "line ")
		})
	}
	d.run("audit", "verify", "--known", "nowhere").want(t, exitUnknown, "no such file")
	d.run("audit", "verify", "--append").want(t, exitUnknown, "--known FILE")
	d.runWith("9 "+hash, "audit", "verify", "--known", "-").want(t, exitNo, "noted elsewhere and is gone")
	turnkey(t, "audit", "verify").want(t, exitUnknown, "TURNKEY_DATABASE_FILE")
}

func TestAuditList(t *testing.T) {
	d := newDesk(t)
	d.run("party", "create", "--kind", "company", "97162640", "--actor", "operator:chen.mei").want(t, exitYes)
	d.run("party", "create", "--kind", "company", "04595252").want(t, exitYes)
	id := broker(t, 0)
	d.run("import", "--party", "97162640", "--usage-type", "broker", certFile(t, id)).want(t, exitYes)
	all := d.run("audit", "list").want(t, exitYes, "operator:chen.mei", "party_created", "registered", "P-")
	if strings.Contains(all.stdout, "97162640") {
		t.Error("the list names an account")
	}
	d.run("audit", "list", "--lang", "zh").want(t, exitYes, "操作者")
	one := d.run("audit", "list", "--party", "97162640", "--json").want(t, exitYes)
	var entries []auditJSON
	for decoder := json.NewDecoder(strings.NewReader(one.stdout)); decoder.More(); {
		var e auditJSON
		if err := decoder.Decode(&e); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	if len(entries) != 2 || entries[0].Number != 3 || entries[0].Certificate != sha256Hex(id.DER()) || entries[1].Actor != "operator:chen.mei" || *entries[1].Version != 1 {
		t.Errorf("entries %+v", entries)
	}
	if limited := d.run("audit", "list", "--limit", "1", "--before", "3").want(t, exitYes); strings.Count(limited.stdout, "\n") != 2 || !strings.Contains(limited.stdout, "\n2 ") {
		t.Errorf("one before number 3:\n%s", limited.stdout)
	}
	d.run("audit", "list", "--party", "nobody@example.org").want(t, exitNo, "no party")
	d.run("audit", "list", "--limit", "0").want(t, exitUnknown, "--limit")
}
