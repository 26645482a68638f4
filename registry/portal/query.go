package portal

import (
	"net/http"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// queryRoutes are those of 通關憑證查詢. What is asked for is posted, so that it stands in
// no URL.
func (p *Portal) queryRoutes(mux *http.ServeMux) {
	p.handle(mux, "GET "+queryPath, func(w http.ResponseWriter, r *http.Request) error {
		return p.renderQuery(w, r, queryPage{})
	})
	p.handle(mux, "POST "+queryPath, p.postQuery)
	p.mineRoutes(mux)
}

// A queried kind of identifier: how it is recognised, and how often it may be asked for.
type queried struct {
	kind   verifier.IdentifierKind
	also   []verifier.IdentifierKind // kinds under which the same value may stand
	client registry.Bucket           // per network
	all    registry.Bucket           // of everybody together
}

// queries are in the order in which what was entered is recognised. Whether somebody with
// a 身分證字號 has certificates here is nobody's to find out by trying: those are few.
var queries = []queried{
	{
		kind:   verifier.NationalID,
		client: registry.Bucket{Name: "query-national", Burst: 5, Every: 5 * time.Minute},
		all:    registry.Bucket{Name: "query-national-all", Burst: 120, Every: 10 * time.Second},
	},
	{
		kind: verifier.BusinessID, also: []verifier.IdentifierKind{verifier.Account}, // a company's account is called like it
		client: registry.Bucket{Name: "query-ubn", Burst: 30, Every: 10 * time.Second},
		all:    registry.Bucket{Name: "query-ubn-all", Burst: 600, Every: 100 * time.Millisecond},
	},
	{
		kind:   verifier.Specialist,
		client: registry.Bucket{Name: "query-specialist", Burst: 20, Every: 30 * time.Second},
		all:    registry.Bucket{Name: "query-specialist-all", Burst: 300, Every: time.Second},
	},
	{
		kind:   verifier.Account,
		client: registry.Bucket{Name: "query-account", Burst: 20, Every: 30 * time.Second},
		all:    registry.Bucket{Name: "query-account-all", Burst: 300, Every: time.Second},
	},
}

// recognise tells which kind of identifier somebody entered. What is none is taken for an
// account's name, as which nothing is found.
func recognise(value string) queried {
	for _, q := range queries {
		if registry.CheckIdentifier(q.kind, value) == nil {
			return q
		}
	}
	return queries[len(queries)-1]
}

// A queryPage shows what was found.
type queryPage struct {
	Asked    bool
	Table    certificateTable
	LoggedIn bool
}

func (p *Portal) renderQuery(w http.ResponseWriter, r *http.Request, page queryPage) error {
	page.LoggedIn = visitOf(r).session.Party != ""
	page.Table.Links = "certificate.delete"
	return p.render(w, r, p.form(r).Status(), "query", page)
}

func (p *Portal) postQuery(w http.ResponseWriter, r *http.Request) error {
	form, v := p.form(r), visitOf(r)
	who := form.Require("who", "query.who")
	if who == "" {
		return p.renderQuery(w, r, queryPage{})
	}
	ctx, q := r.Context(), recognise(limit(who, 200))
	if err := p.throttle(ctx, q.client, client(r)); err != nil {
		return err
	}
	if err := p.throttle(ctx, q.all, "everybody"); err != nil {
		return err
	}
	listed, err := p.registry.Listed(ctx, limit(who, 200), append([]verifier.IdentifierKind{q.kind}, q.also...)...)
	if err != nil {
		return err
	}
	// Noted alike whether something was found or not.
	if err := p.registry.Note(ctx, actorOf(r), registry.Queried, v.session.Party, nil, "by="+string(q.kind)); err != nil {
		return err
	}
	page := queryPage{Asked: true}
	d := display{lang: v.lang, now: p.cfg.Now(), owner: v.session.Party}
	for _, l := range listed {
		row := p.row(d, l)
		if l.Party == v.session.Party && v.session.MayChange() {
			row.Links = deleteLinks(l, v.session)
		}
		page.Table.Rows = append(page.Table.Rows, row)
	}
	return p.renderQuery(w, r, page)
}

// deleteLinks is the column 刪除 for the owner.
func deleteLinks(l registry.Listed, session registry.Session) []rowLink {
	switch {
	case l.State == verifier.Pending:
		return []rowLink{{changePath(l, refuseAction), "certificate.delete", true}}
	case deletable(l, session):
		return []rowLink{{changePath(l, deleteAction), "certificate.delete", true}}
	}
	return nil
}
