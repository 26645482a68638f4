package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/password"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
)

// samplePassword is that of the one account that has one.
const samplePassword = "Tidal-Kite-47"

// visitors are whoever tries the portal's pages: their cards, account and files. All of it
// is made beside the traffic, which doesn't wait for it.
type visitors struct {
	corpus  *corpus.Corpus
	store   *postgres.Store
	parties map[string]verifier.PartyID // by account
	site    *rig.Site
	mail    string // address of the mail catcher's page
	reader  reader
	dir     string           // for their files
	known   *corpus.Visitors // nothing is issued to them yet

	mu    sync.Mutex
	ready bool
	off   string // why there are no cards
}

// newVisitors announces the visitors, whose files will be in dir.
func newVisitors(c *corpus.Corpus, store *postgres.Store, parties map[string]verifier.PartyID, s *services, dir string) *visitors {
	v := &visitors{
		corpus: c, store: store, parties: parties, site: s.site, mail: "http://" + s.mail, dir: dir, known: c.Announce(),
		reader: reader{bin: s.bin, dir: filepath.Join(dir, "cards"), origin: s.site.Origin(), port: s.site.AgentPort},
	}
	v.off = v.reader.why()
	return v
}

// receive makes everything for the visitors, tells so, and then watches the card agent
// until ctx ends. That no card can be made here ends nothing.
func (v *visitors) receive(ctx context.Context, u *undo, say func(string)) error {
	begun := time.Now()
	agent, err := v.prepare(ctx, u)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make accounts and cards for visitors: %w", err)
	}
	v.mu.Lock()
	v.ready = true
	off := v.off
	v.mu.Unlock()
	if off == "" {
		say(fmt.Sprintf("account, files and cards for visitors are ready after %s", short(time.Since(begun))))
		return watch(ctx, []member{agent})
	}
	say(fmt.Sprintf("account and files for visitors are ready after %s; cards are off: %s", short(time.Since(begun)), off))
	return nil
}

func (v *visitors) prepare(ctx context.Context, u *undo) (agent member, err error) {
	issued, err := v.corpus.Visitors()
	if err != nil {
		return member{}, err
	}
	if err := v.writeFiles(issued); err != nil {
		return member{}, err
	}
	if err := v.openAccounts(ctx, issued); err != nil {
		return member{}, err
	}
	if v.off != "" {
		return member{}, nil
	}
	if err := os.Mkdir(v.reader.dir, 0o700); err != nil {
		return member{}, err
	}
	agent, err = v.reader.insert(ctx, issued.All(), u)
	if err != nil {
		v.mu.Lock()
		v.off = strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", " · ")
		v.mu.Unlock()
	}
	return agent, nil
}

// What a visitor can import, with its key, and sign with that.
const (
	importFile = "import.cer"
	importKey  = "import.key"
	unsigned   = "unsigned.xml"
)

// writeFiles writes what is to be imported so that a browser of another user can read it.
func (v *visitors) writeFiles(issued *corpus.Visitors) error {
	key, err := issued.File.KeyPEM()
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
		mode os.FileMode
	}{{importFile, issued.File.DER(), 0o644}, {importKey, key, 0o600}, {unsigned, issued.Message, 0o644}} {
		if err := os.WriteFile(filepath.Join(v.dir, f.name), f.data, f.mode); err != nil {
			return err
		}
	}
	return nil
}

// openAccounts gives the registered company its account, staff their operator, and the
// sample parties the accounts that they had in the old customs system.
func (v *visitors) openAccounts(ctx context.Context, issued *corpus.Visitors) error {
	if err := v.openAccount(ctx, issued.Registered); err != nil {
		return err
	}
	staff, err := verifier.ParseCertificate(issued.Operator.Sign.DER())
	if err != nil {
		return err
	}
	if err := v.store.AddOperator(ctx, rig.Operator, "sample", staff); err != nil {
		return err
	}
	for _, p := range v.corpus.Parties() {
		attribute, has := attributes[p.UsageType]
		if !has {
			continue
		}
		category := registry.Company
		if p.UsageType == registry.SpecialistUse {
			category = registry.Person
		}
		if err := v.store.AddLegacyAccount(ctx, rig.Operator, v.parties[p.Account], category, attribute); err != nil {
			return err
		}
	}
	return nil
}

// attributes are those of the sample parties' accounts. Airlines have none of their own.
var attributes = map[registry.UsageType]registry.Attribute{
	registry.SpecialistUse: "specialist", registry.TraderUse: "trader", registry.BrokerUse: "broker",
	registry.CarrierUse: "carrier", registry.WarehouseUse: "warehouse", registry.DutyFreeUse: "dutyfree_shop",
}

// openAccount opens an account with a password, and with a box number that staff are to
// approve.
func (v *visitors) openAccount(ctx context.Context, c corpus.Card) error {
	const email = "broker@example.test"
	if err := password.Rule(samplePassword, c.Identifier, email); err != nil {
		return err
	}
	hash, err := password.NewHasher(1).Hash(ctx, samplePassword)
	if err != nil {
		return err
	}
	login, err := verifier.ParseCertificate(c.Sign.DER())
	if err != nil {
		return err
	}
	_, _, err = v.store.OpenAccount(ctx, rig.Operator, registry.NewAccount{
		Category: registry.Company, Attribute: "broker", Language: "zh",
		Profile: registry.Profile{
			Email: email, ContactName: "林範例", Phone: "02-0000-0001", Address: "臺北市範例路 1 號",
			CompanyChinese: c.Holder, CompanyEnglish: "Morning Star Sample Customs Broker Ltd.", Responsible: "林範例",
		},
		PasswordHash: hash, Name: c.Identifier,
		Proved: registry.Identifier{Kind: verifier.BusinessID, Value: c.Identifier},
		Claims: []registry.Identifier{{Kind: verifier.BrokerBox, Value: "Z90"}},
		Login: registry.NewRegistration{
			Certificate: login, Usage: registry.Login, Kind: registry.MOEACA, Medium: registry.Card,
			From: login.NotBefore(), Until: login.NotAfter(),
		},
	})
	return err
}

// places are what visitors can open and try.
func (v *visitors) places() []address {
	v.mu.Lock()
	ready, off := v.ready, v.off
	v.mu.Unlock()
	portal := v.site.Origin() + "/"
	if !ready {
		portal += "  account, cards and file are ready in some seconds"
	}
	company := v.known.Registered.Identifier
	all := []address{
		{"portal", portal},
		{"its mail", v.mail + "/"},
		{"account", company + "  password " + samplePassword},
	}
	if off != "" {
		all = append(all, address{"cards", "off: " + off})
	} else {
		all = append(all, address{"cards", fmt.Sprintf("PIN %s for each; all are in their readers", v.known.Registered.PIN)})
		for _, c := range []struct {
			corpus.Card
			try string
		}{
			{v.known.Registered, "log in; it has the account"},
			{v.known.Company, "register as a company"},
			{v.known.Citizen, "register as a person"},
			{v.known.Operator, "log in; it leads to /staff"},
		} {
			all = append(all, address{"", left(c.Label, 19) + left(c.Identifier, 12) + left(c.Holder, 22) + c.try})
		}
	}
	const sign = "D=%s; bin/turnkey sign --key $D/%s --cert $D/%s $D/%s"
	return append(all,
		address{"import", filepath.Join(v.dir, importFile) + "  報關業, 統一編號 " + company},
		address{"sign", fmt.Sprintf(sign, v.dir, importKey, importFile, unsigned)})
}
