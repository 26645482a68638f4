package outbox_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A received is a mail as a server got it.
type received struct {
	from    string
	to      []string
	text    []byte
	user    string // who had logged in
	secured bool
}

// A mailServer keeps what it gets. Its answers to MAIL, RCPT and DATA can be set before
// it is used.
type mailServer struct {
	addr       string
	roots      *x509.CertPool
	mechanisms []string

	mail, rcpt, data error

	mu    sync.Mutex
	mails []received
}

// serverMode says which protection a server offers.
type serverMode int

const (
	plain serverMode = iota
	withStartTLS
	withTLS
)

const mailUser, mailPassword = "portal-user", "portal-password"

func startMailServer(t *testing.T, mode serverMode, set ...func(*mailServer)) *mailServer {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(web.Close)
	s := &mailServer{roots: x509.NewCertPool(), mechanisms: []string{sasl.Plain}}
	s.roots.AddCert(web.Certificate())
	for _, f := range set {
		f(s)
	}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		_, secured := c.TLSConnectionState()
		return &mailSession{server: s, now: received{secured: secured}}, nil
	}))
	server.Domain = "localhost"
	server.ErrorLog = log.New(io.Discard, "", 0)
	secure := &tls.Config{Certificates: web.TLS.Certificates}
	if mode == withStartTLS {
		server.TLSConfig = secure
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = listener.Addr().String()
	if mode == withTLS {
		listener = tls.NewListener(listener, secure)
	}
	done := make(chan struct{})
	go func() { server.Serve(listener); close(done) }()
	t.Cleanup(func() { server.Close(); <-done })
	return s
}

func (s *mailServer) received() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.mails...)
}

type mailSession struct {
	server *mailServer
	now    received
}

func (s *mailSession) AuthMechanisms() []string { return s.server.mechanisms }

func (s *mailSession) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, password string) error {
		if user != mailUser || password != mailPassword {
			return errors.New("no such user: " + user)
		}
		s.now.user = user
		return nil
	}
	if mechanism == sasl.Plain {
		return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
	}
	return &loginServer{check: check}, nil
}

// loginServer is LOGIN, which go-sasl has the client of only.
type loginServer struct {
	check func(user, password string) error
	user  *string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	text := string(response)
	switch {
	case response == nil:
		return []byte("Username:"), false, nil
	case l.user == nil:
		l.user = &text
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(*l.user, text)
}

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	s.now.from = from
	return s.server.mail
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.now.to = append(s.now.to, to)
	return s.server.rcpt
}

func (s *mailSession) Data(r io.Reader) (err error) {
	if s.now.text, err = io.ReadAll(r); err != nil {
		return err
	}
	if s.server.data != nil {
		return s.server.data
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, s.now)
	return nil
}

func (s *mailSession) Reset()        { s.now = received{user: s.now.user, secured: s.now.secured} }
func (s *mailSession) Logout() error { return nil }
