// Package mailcatcher is a mail server for the demo and for tests: it keeps the mails it is
// given in memory, to be read on a page, and sends none on.
//
// Always true: it listens on loopback only, and holds no more than the last
// [maxMails] mails of [maxMail] bytes each.
package mailcatcher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	maxMails = 200
	maxMail  = 256 << 10
)

// Config says how a catcher is reached.
type Config struct {
	// Listen is the SMTP server's host:port, on loopback; "" means any free port of
	// 127.0.0.1.
	Listen string

	// Origin is the portal's, such as http://127.0.0.1:8080: the page makes links of
	// addresses there, and of no others. May be empty.
	Origin string

	Log *slog.Logger // of what goes wrong; nil means none
}

// A Mail is one that was caught.
type Mail struct {
	ID       int // from 1 on
	At       time.Time
	From, To string // of the envelope
	Subject  string
	Text     string
	Raw      string
}

// A Catcher catches mails until it is closed. It is safe for concurrent use.
type Catcher struct {
	origin   string
	listener net.Listener
	server   *smtp.Server
	served   chan error

	mu    sync.Mutex
	last  int // ID
	mails []Mail
}

// Start listens. The catcher is to be closed.
func Start(cfg Config) (*Catcher, error) {
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for mail: %w", err)
	}
	if address, ok := listener.Addr().(*net.TCPAddr); !ok || !address.IP.IsLoopback() {
		listener.Close()
		return nil, fmt.Errorf("listen for mail: %s can be reached from other machines, use 127.0.0.1", cfg.Listen)
	}
	c := &Catcher{origin: cfg.Origin, listener: listener, served: make(chan error, 1)}
	c.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{catcher: c}, nil }))
	c.server.Domain = "localhost"
	c.server.MaxMessageBytes = maxMail
	c.server.MaxRecipients = 10
	c.server.ReadTimeout = 30 * time.Second
	c.server.WriteTimeout = 30 * time.Second
	c.server.EnableSMTPUTF8 = true
	c.server.ErrorLog = slog.NewLogLogger(cfg.Log.Handler(), slog.LevelWarn)
	go func() { c.served <- c.server.Serve(listener) }()
	return c, nil
}

// Addr is the SMTP server's host:port.
func (c *Catcher) Addr() string { return c.listener.Addr().String() }

// Mails returns what was caught, the latest first.
func (c *Catcher) Mails() []Mail {
	c.mu.Lock()
	defer c.mu.Unlock()
	mails := slices.Clone(c.mails)
	slices.Reverse(mails)
	return mails
}

// mail returns a mail by its id.
func (c *Catcher) mail(id int) (Mail, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.mails, func(m Mail) bool { return m.ID == id })
	if i < 0 {
		return Mail{}, false
	}
	return c.mails[i], true
}

// Close stops listening, lets mails under way end while ctx lasts, and forgets none.
func (c *Catcher) Close(ctx context.Context) error {
	err := c.server.Shutdown(ctx)
	if err != nil {
		c.server.Close()
	}
	if served := <-c.served; served != nil && !errors.Is(served, smtp.ErrServerClosed) && !errors.Is(served, net.ErrClosed) {
		err = errors.Join(err, served)
	}
	if err != nil {
		return fmt.Errorf("close the mail catcher: %w", err)
	}
	return nil
}

func (c *Catcher) keep(m Mail) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	m.ID, m.At = c.last, time.Now()
	if c.mails = append(c.mails, m); len(c.mails) > maxMails {
		c.mails = slices.Delete(c.mails, 0, len(c.mails)-maxMails)
	}
}

// A session is one connection's.
type session struct {
	catcher *Catcher
	from    string
	to      []string
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r) // the server bounds it
	if err != nil {
		return err
	}
	subject, text := read(raw)
	for _, to := range s.to {
		s.catcher.keep(Mail{From: s.from, To: to, Subject: subject, Text: text, Raw: string(raw)})
	}
	return nil
}

func (s *session) Reset()        { s.from, s.to = "", nil }
func (s *session) Logout() error { return nil }
