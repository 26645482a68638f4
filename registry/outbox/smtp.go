package outbox

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"net/netip"
	"net/textproto"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"turnkey-gateway/registry"
)

// A TLSPolicy says how the connection to the mail server is protected.
type TLSPolicy string

const (
	StartTLS TLSPolicy = "starttls" // required, never merely tried
	TLS      TLSPolicy = "tls"      // from the first byte
	NoTLS    TLSPolicy = "none"     // to this machine only
)

// TLSPolicies are all of them, the default first.
var TLSPolicies = []string{string(StartTLS), string(TLS), string(NoTLS)}

const defaultSMTPTimeout = 30 * time.Second

// SMTP says how to reach the mail server.
type SMTP struct {
	// Server is its host:port. Its certificate must be for that host. Required.
	Server string

	// TLS is StartTLS where it is empty.
	TLS TLSPolicy

	// RootCAs sign the server's certificate; nil means the system's.
	RootCAs *x509.CertPool

	// User and Password are what to log in with; both or neither. Only with TLS.
	User, Password string

	// From is what mails come from: an address, with a name before it or without:
	// 關港貿單一窗口 <no-reply@portal.example>. Required.
	From string

	// Hello is the name given to the server; this host's where it is empty.
	Hello string

	// Timeout bounds one mail, from the connection to the server's word; 0 means 30 s.
	Timeout time.Duration

	Now func() time.Time // nil means time.Now
}

// A Mailer sends mail by SMTP. It is safe for concurrent use.
type Mailer struct {
	cfg  SMTP
	from *mail.Address
	host string
	port int
}

// NewMailer checks the configuration. It connects to nothing.
func NewMailer(cfg SMTP) (*Mailer, error) {
	m := &Mailer{cfg: cfg}
	host, port, err := net.SplitHostPort(cfg.Server)
	if err == nil {
		m.port, err = strconv.Atoi(port)
	}
	if err != nil || host == "" || m.port < 1 || m.port > 65535 {
		return nil, fmt.Errorf("the mail server %q isn't host:port", cfg.Server)
	}
	m.host = host
	if m.from, err = mail.ParseAddress(cfg.From); err != nil || checkAddress(m.from.Address) != nil || !printable(m.from.Name) {
		return nil, errors.New("what mails come from is no address: write, for example, no-reply@portal.example")
	}
	switch cfg.TLS {
	case "":
		m.cfg.TLS = StartTLS
	case StartTLS, TLS:
	case NoTLS:
		if !loopback(host) {
			return nil, errors.New("mail may go unencrypted to this machine only: use starttls or tls, or 127.0.0.1")
		}
		if cfg.User != "" {
			return nil, errors.New("a password must not go unencrypted: use starttls or tls")
		}
	default:
		return nil, fmt.Errorf("%q is no way to protect mail: use one of %s", cfg.TLS, strings.Join(TLSPolicies, ", "))
	}
	if (cfg.User == "") != (cfg.Password == "") {
		return nil, errors.New("the mail server's user and password: give both or neither")
	}
	if cfg.Timeout <= 0 {
		m.cfg.Timeout = defaultSMTPTimeout
	}
	if cfg.Now == nil {
		m.cfg.Now = time.Now
	}
	return m, nil
}

// loopback takes addresses, and the one name that every resolver must keep to them (RFC
// 6761 6.3).
func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// Format hides the password.
func (*Mailer) Format(f fmt.State, _ rune) { io.WriteString(f, "[mailer]") }

// A Failure is why a mail wasn't sent. Its text holds nothing of the mail and nothing that
// the server said but its codes, so it may be logged.
type Failure struct {
	Step     string // what was being done
	Code     int    // the server's answer (RFC 5321 4.2); 0 if it gave none
	Enhanced string // and its enhanced code (RFC 3463); may be empty

	// ThisMail means that other mails may well go out: it is about this one, or its
	// recipient.
	ThisMail bool

	// Final means that trying again is of no use.
	Final bool

	why string
}

func (f *Failure) Error() string {
	text := f.Step
	if f.Code != 0 {
		text += ": the server answered " + strings.TrimSpace(strconv.Itoa(f.Code)+" "+f.Enhanced)
	}
	if f.why != "" {
		text += ": " + f.why
	}
	return text
}

// Check returns a final [*Failure] if a mail can't be sent to anybody.
func Check(m registry.Mail) error {
	if err := checkAddress(m.To); err != nil {
		return &Failure{Step: "check the recipient", ThisMail: true, Final: true, why: err.Error()}
	}
	if m.Subject == "" || !printable(m.Subject) {
		return &Failure{Step: "check the subject", ThisMail: true, Final: true, why: "it is empty or holds control characters"}
	}
	if m.Text == "" || !utf8.ValidString(m.Text) {
		return &Failure{Step: "check the text", ThisMail: true, Final: true, why: "it is empty or not UTF-8"}
	}
	return nil
}

// checkAddress takes the plain form of RFC 5321 only: no name, comment, quotes, address
// literal or line end.
func checkAddress(address string) error {
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Name != "" || parsed.Address != address || len(address) > 254 ||
		!printable(address) || strings.ContainsAny(address, " \"<>(),:;[]\\") {
		return errors.New("it is no plain e-mail address") // the parser's words repeat it
	}
	return nil
}

func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}

// Send sends one mail. The error is a [*Failure].
func (m *Mailer) Send(ctx context.Context, letter registry.Mail) error {
	if err := Check(letter); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, m.cfg.Timeout)
	defer cancel()
	client, hangUp, err := m.client()
	if err != nil {
		return &Failure{Step: "prepare the connection", why: err.Error()}
	}
	// The library's deadlines know nothing of ctx, and it leaves connections open on which
	// it failed.
	stop := context.AfterFunc(ctx, hangUp)
	defer hangUp()
	defer stop()
	connection, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return connecting(ctx, err)
	}
	message := m.message(letter)
	if err = client.SendWithSMTPClient(connection, message); err == nil || message.IsDelivered() {
		client.CloseWithSMTPClient(connection) // whatever comes of it: the mail is with the server
		return nil
	}
	return sending(ctx, err)
}

func (m *Mailer) client() (client *gomail.Client, hangUp func(), err error) {
	secure := &tls.Config{ServerName: m.host, RootCAs: m.cfg.RootCAs, MinVersion: tls.VersionTLS12}
	line := &line{}
	options := []gomail.Option{
		gomail.WithPort(m.port), gomail.WithTimeout(m.cfg.Timeout), gomail.WithTLSConfig(secure),
		gomail.WithoutNoop(), gomail.WithDialContextFunc(line.dial),
	}
	switch m.cfg.TLS {
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLS:
		line.secure = secure
		options = append(options, gomail.WithSSL())
	case NoTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if m.cfg.User != "" {
		options = append(options, gomail.WithSMTPAuthCustom(&login{user: m.cfg.User, password: m.cfg.Password, host: m.host}))
	}
	if m.cfg.Hello != "" {
		options = append(options, gomail.WithHELO(m.cfg.Hello))
	}
	client, err = gomail.NewClient(m.host, options...)
	return client, line.hangUp, err
}

// login logs in with PLAIN, else LOGIN, and over TLS only. The library's own choice
// prefers NTLM, and takes a connection that it didn't dial itself for an open one.
type login struct {
	smtp.Auth
	user, password, host string
}

func (l *login) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS {
		return "", nil, errors.New("the connection isn't encrypted")
	}
	l.Auth = smtp.PlainAuth("", l.user, l.password, l.host, false)
	plain := false
	for _, mechanism := range server.Auth {
		plain = plain || mechanism == "PLAIN"
	}
	if !plain {
		l.Auth = smtp.LoginAuth(l.user, l.password, l.host, false)
	}
	return l.Auth.Start(server)
}

func (m *Mailer) message(letter registry.Mail) *gomail.Msg {
	message := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingB64), gomail.WithNoDefaultUserAgent())
	message.FromMailAddress(m.from)
	message.ToMailAddress(&mail.Address{Address: letter.To})
	message.Subject(letter.Subject)
	message.SetDateWithValue(m.cfg.Now())
	_, domain, _ := strings.Cut(m.from.Address, "@")
	message.SetMessageIDWithValue(strings.ToLower(rand.Text()) + "@" + domain) // without this machine's name
	message.SetGenHeader("Auto-Submitted", "auto-generated")                   // RFC 3834: nobody's absence is to answer
	message.SetGenHeader("X-Auto-Response-Suppress", "All")                    // the same for Exchange
	message.SetBodyString(gomail.TypeTextPlain, strings.ReplaceAll(strings.ReplaceAll(letter.Text, "\r\n", "\n"), "\n", "\r\n"))
	return message
}

func connecting(ctx context.Context, err error) *Failure {
	f := &Failure{Step: "connect to the mail server", why: err.Error()}
	var answer *textproto.Error
	if errors.As(err, &answer) { // its words may name the user
		f.Code, f.why = answer.Code, ""
	}
	if ctx.Err() != nil {
		f.why = context.Cause(ctx).Error()
	}
	return f
}

func sending(ctx context.Context, err error) *Failure {
	f := &Failure{Step: "send the mail"}
	var refusal *gomail.SendError
	if errors.As(err, &refusal) { // its words name the recipient
		f.Step = refusal.Reason.String()
		f.Code, f.Enhanced = refusal.ErrorCode(), refusal.EnhancedStatusCode()
		f.ThisMail = refusal.Reason == gomail.ErrSMTPRcptTo && f.Code != 0
		// X.1.Z is about addresses, X.2.Z about mailboxes. Without such a code a 550 may
		// as well be the server's quarrel with us.
		f.Final = f.ThisMail && f.Code >= 500 && (strings.HasPrefix(f.Enhanced, "5.1.") || strings.HasPrefix(f.Enhanced, "5.2."))
	}
	if ctx.Err() != nil {
		f.why = context.Cause(ctx).Error()
	}
	return f
}
