package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/mattn/go-runewidth"
)

// doctor tells what the agent finds, without asking for a PIN.
func (t *tool) doctor(ctx context.Context) error {
	file, s, err := t.settings()
	if err != nil {
		return err
	}
	well := true
	const column = 22 // in cells: a Chinese character takes two
	say := func(what, format string, args ...any) {
		fmt.Fprintf(t.stdout, "%s %s\n", runewidth.FillRight(what, column), fmt.Sprintf(format, args...))
	}
	no := func(what string, f *fault) {
		well = false
		say(what, "✗ %s\n%*s%s", f.Zh, column+1, "", f.En)
		if f.cause != nil {
			fmt.Fprintf(t.stdout, "%*s(%v)\n", column+1, "", f.cause)
		}
	}

	say("設定檔 settings", "%s", file)
	if len(s.Origins) == 0 {
		well = false
		say("網站 sites", "✗ 尚未允許任何網站 none is allowed yet: cardagent allow https://portal.example")
	}
	for _, origin := range s.Origins {
		say("網站 site", "%s", origin)
	}
	if answers(s.Listen) {
		say("連接埠 address", "%s: 有程式執行中 something answers there", s.Listen)
	} else {
		say("連接埠 address", "%s: 讀卡元件未執行 no agent runs there: start it with cardagent", s.Listen)
	}

	path, err := findModule(s.Module)
	if err != nil {
		no("驅動程式 module", asFault(err))
		return errNo
	}
	say("驅動程式 module", "%s", path)
	found, err := newDesk(opener(path), time.Now).examine(ctx)
	if err != nil {
		f := asFault(err)
		for _, r := range f.Readers {
			say("讀卡機 reader", "%s (slot %s)", r.Name, r.Slot)
		}
		no("卡片 card", f)
		return errNo
	}
	for _, e := range found {
		say("讀卡機 reader", "%s (slot %s)", e.Name, e.Slot)
		if e.Card == nil {
			say("卡片 card", "- 無卡片 none in it")
			continue
		}
		say("卡片 card", "%s; %s", e.Card.Label, triesTexts[e.Card.Tries].zh+" "+triesTexts[e.Card.Tries].en)
		if e.err != nil {
			no("憑證 certificate", asFault(e.err))
			continue
		}
		c := describe(e.holder, time.Now())
		say("憑證 certificate", "%s", c.Subject)
		say("", "序號 serial %s, 效期 valid %s ~ %s", c.Serial, c.NotBefore[:10], c.NotAfter[:10])
		for _, warning := range c.Warnings {
			no("", warning)
		}
	}
	if !well {
		return errNo
	}
	return nil
}

// An examined is a reader and, if it holds a card, that card's certificate or why there is none.
type examined struct {
	holder
	err error
}

func (d *desk) examine(ctx context.Context) ([]examined, error) {
	return use(ctx, d, func() {}, func(_ context.Context, m module) ([]examined, error) {
		readers, err := withCards(m)
		if err != nil {
			return nil, err
		}
		var all []examined
		for _, r := range readers {
			e := examined{holder: holder{reader: r}}
			if r.Card != nil {
				e.cert, e.err = signingCertificate(m, r)
			}
			all = append(all, e)
		}
		return all, nil
	})
}

func answers(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	return c.Close() == nil
}
