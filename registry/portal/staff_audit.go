package portal

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// staffAuditPage is how many entries a page of the audit log has.
const staffAuditLength = 50

// A staffAuditPage is a page of the audit log, the latest entry first.
type staffAuditPage struct {
	Party   verifier.PartyID // empty: of all
	Entries []staffEntry
	Older   string // where it goes on; empty at its end
	Newest  string
	Later   bool // this is not the first page
}

// A staffEntry is one entry of the audit log, in words.
type staffEntry struct {
	ID                  int64
	At                  time.Time
	Actor               registry.Actor
	Action              string
	Party               verifier.PartyID
	Certificate, Detail string
	Version             string
	Hash                string // the beginning
}

func (p *Portal) staffEntries(l tongue, entries []registry.AuditEntry) (all []staffEntry) {
	for _, e := range entries {
		entry := staffEntry{
			ID: e.ID, At: e.At, Actor: e.Actor, Action: string(e.Action), Party: e.Party, Detail: e.Detail, Hash: hex.EncodeToString(e.Hash[:4]),
		}
		if key := "staff.audited." + string(e.Action); p.words.has(key) {
			entry.Action = p.words.text(l, key)
		}
		if e.Certificate != nil {
			entry.Certificate = e.Certificate.String()[:12]
		}
		if e.Version != nil {
			entry.Version = strconv.FormatUint(uint64(*e.Version), 10)
		}
		all = append(all, entry)
	}
	return all
}

func (p *Portal) showStaffAudit(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	before, err := strconv.ParseInt(query.Get("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	party := verifier.PartyID(limit(query.Get("party"), 64))
	entries, err := p.registry.AuditEntries(r.Context(), registry.AuditQuery{Party: party, Before: before, Limit: staffAuditLength + 1})
	if err != nil {
		return err
	}
	more := len(entries) > staffAuditLength
	entries = entries[:min(len(entries), staffAuditLength)]
	page := staffAuditPage{Party: party, Entries: p.staffEntries(visitOf(r).lang, entries), Newest: auditPath(party, 0), Later: before > 0}
	if more {
		page.Older = auditPath(party, entries[len(entries)-1].ID)
	}
	return p.render(w, r, http.StatusOK, "staff_audit", page)
}

// auditPath is where a party's part of the audit log is, or all of it, before an entry.
func auditPath(party verifier.PartyID, before int64) string {
	query := url.Values{}
	if party != "" {
		query.Set("party", string(party))
	}
	if before > 0 {
		query.Set("before", number(before))
	}
	if len(query) == 0 {
		return staffAuditPath
	}
	return staffAuditPath + "?" + query.Encode()
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
