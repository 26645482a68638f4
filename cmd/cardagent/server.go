package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"turnkey-gateway/registry/challenge"
)

// subprotocol is the WebSocket subprotocol that pages must ask for: the version of what
// is said (see PROTOCOL.md).
const subprotocol = "turnkey-card.v1"

// siteRefused is the status that a WebSocket of a site that isn't allowed is closed with,
// after the words why: a handshake refused by HTTP looks to a page like no agent at all.
const siteRefused websocket.StatusCode = 4403

// Bounds of the server.
const (
	maxConnections = 32
	maxStrangers   = 4                // connections that are being told that their site isn't allowed
	idleWithin     = 10 * time.Minute // a page that says nothing for so long is closed
	writeWithin    = 5 * time.Second
)

// A server lets pages of allowed sites ask the desk.
type server struct {
	desk     *desk
	allows   func(origin string) (bool, error)
	log      *slog.Logger
	agent    string          // version, for hello
	hosts    []string        // what a Host header may be
	life     context.Context // ends connections
	handlers sync.WaitGroup  // connections, and what they wait for
	now      func() time.Time

	// One token for each open connection; strangers can't take an allowed site's place.
	places, strangers chan struct{}
}

// listen serves on a loopback address until ctx ends; listening is told its address.
func (s *server) listen(ctx context.Context, address string, listening func(net.Addr)) error {
	listener, err := listenOnLoopback(address)
	if err != nil {
		return err
	}
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	for _, host := range []string{"127.0.0.1", "localhost", "::1"} {
		s.hosts = append(s.hosts, net.JoinHostPort(host, port))
	}
	var end context.CancelFunc
	s.life, end = context.WithCancel(ctx)
	defer end()
	s.places, s.strangers = make(chan struct{}, maxConnections), make(chan struct{}, maxStrangers)
	web := &http.Server{
		Handler: s, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0), // it would quote what strangers sent
	}
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	listening(listener.Addr())
	select {
	case err = <-served:
	case <-ctx.Done():
		err = web.Close()
	}
	end()
	s.handlers.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

func listenOnLoopback(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: not host:port", address)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("listen on %q: only a loopback address, 127.0.0.1 or [::1]: nobody but this computer may reach its cards", address)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; does another card agent run already?", address, err)
	}
	return listener, nil
}

// ServeHTTP judges a handshake: first whether it is meant for this server at all, then
// from which site it comes.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	// A site whose name was made to lead to 127.0.0.1 (DNS rebinding) is "the same origin"
	// as this server to a browser, but its Host header still has that name.
	if !slices.Contains(s.hosts, r.Host) {
		s.refuse(w, http.StatusForbidden, "host")
		return
	}
	if r.URL.Path != "/" {
		s.refuse(w, http.StatusNotFound, "path")
		return
	}
	if r.Method == http.MethodOptions {
		s.preflight(w, r)
		return
	}
	if r.Method != http.MethodGet {
		s.refuse(w, http.StatusMethodNotAllowed, "method")
		return
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		header.Set("Upgrade", "websocket")
		http.Error(w, "讀卡元件執行中，只供已允許的網站以 WebSocket 使用。\nThe card agent runs; it serves allowed sites, by WebSocket only.", http.StatusUpgradeRequired)
		return
	}
	origin, ok := siteOf(r)
	if !ok {
		s.refuse(w, http.StatusForbidden, "origin")
		return
	}
	if !slices.Contains(subprotocols(r), subprotocol) {
		s.refuse(w, http.StatusBadRequest, "subprotocol")
		return
	}
	places := s.places
	allowed := s.isAllowed(origin)
	if !allowed {
		places = s.strangers
	}
	select {
	case places <- struct{}{}:
	default:
		s.refuse(w, http.StatusServiceUnavailable, "connections")
		return
	}
	s.handlers.Add(1)
	defer s.handlers.Done()
	defer func() { <-places }()
	s.accept(w, r, origin, allowed)
}

// refuse answers a handshake that no honest page makes. The reason is one of our own words:
// nothing a stranger sent is logged.
func (s *server) refuse(w http.ResponseWriter, status int, reason string) {
	s.log.Warn("handshake refused", "reason", reason)
	http.Error(w, http.StatusText(status), status)
}

// siteOf returns the origin of a handshake: exactly one, as browsers spell it. Programs that
// aren't browsers send what they like, but they have no PIN.
func siteOf(r *http.Request) (string, bool) {
	origins := r.Header.Values("Origin")
	if len(origins) != 1 || challenge.CheckOrigin(origins[0]) != nil {
		return "", false
	}
	return origins[0], true
}

func subprotocols(r *http.Request) (all []string) {
	for _, header := range r.Header.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(header, ",") {
			all = append(all, strings.TrimSpace(name))
		}
	}
	return all
}

// preflight answers browsers that ask before a public site may reach this machine
// (Private Network Access).
func (s *server) preflight(w http.ResponseWriter, r *http.Request) {
	origin, ok := siteOf(r)
	if !ok || !s.isAllowed(origin) {
		s.refuse(w, http.StatusForbidden, "preflight")
		return
	}
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Allow-Methods", "GET")
	header.Set("Vary", "Origin")
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		header.Set("Access-Control-Allow-Private-Network", "true")
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *server) isAllowed(origin string) bool {
	allowed, err := s.allows(origin)
	if err != nil {
		s.log.Error("no site is served", "error", err)
	}
	return allowed
}

func (s *server) accept(w http.ResponseWriter, r *http.Request, origin string, allowed bool) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true, // ServeHTTP judged the origin, by whole strings
	})
	if err != nil {
		s.log.Warn("handshake refused", "reason", "websocket")
		return
	}
	defer func() { _ = ws.CloseNow() }()
	c := &conn{server: s, ws: ws, origin: origin}
	if !allowed {
		c.refuseSite(s.life, 0)
		return
	}
	ws.SetReadLimit(2 * maxMessage) // read stops before that
	s.log.Info("site connected", "origin", origin)
	c.serve(s.life)
	s.log.Debug("site disconnected", "origin", origin)
}

// A conn is the WebSocket of one page.
type conn struct {
	*server
	ws     *websocket.Conn
	origin string

	mu      sync.Mutex
	current int                // id of the request in work, 0 for none; guarded by mu
	stop    context.CancelFunc // cancels it; guarded by mu
}

// serve answers a page until it goes. A page's requests die with it.
func (c *conn) serve(ctx context.Context) {
	ctx, end := context.WithCancel(ctx)
	var working sync.WaitGroup
	defer working.Wait()
	defer end()
	buffer := make([]byte, maxMessage+1)
	for {
		n, err := c.read(ctx, buffer)
		if err != nil {
			return
		}
		r, err := readRequest(buffer[:n])
		clear(buffer[:n]) // a PIN may be in it; the request has a copy
		if err != nil {
			r.wipe()
			c.answer(ctx, r.id, requestFault(err))
			continue
		}
		if !c.isAllowed(c.origin) { // forbidden since the handshake
			r.wipe()
			c.refuseSite(ctx, r.id)
			return
		}
		if r.ask == "cancel" {
			c.cancel(ctx, r)
			continue
		}
		work, stop := context.WithCancel(ctx)
		if !c.begin(r.id, stop) {
			stop()
			r.wipe()
			c.answer(ctx, r.id, newFault(busy, nil))
			continue
		}
		working.Go(func() {
			defer stop()
			c.work(work, r)
		})
	}
}

// begin makes the request the one in work, unless another one of this page's is.
func (c *conn) begin(id int, stop context.CancelFunc) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current != 0 {
		return false
	}
	c.current, c.stop = id, stop
	return true
}

func (c *conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current, c.stop = 0, nil
}

// requestFault says what was wrong with a message.
func requestFault(err error) *fault {
	if errors.Is(err, errNotAPIN) {
		return newFault(badPIN, nil)
	}
	f := newFault(badRequest, nil)
	f.Detail = err.Error()
	return f
}

// read reads one text message into buffer, whole.
func (c *conn) read(ctx context.Context, buffer []byte) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, idleWithin)
	defer cancel()
	kind, message, err := c.ws.Reader(ctx)
	if err != nil {
		return 0, err
	}
	if kind != websocket.MessageText {
		_ = c.ws.Close(websocket.StatusUnsupportedData, "text only")
		return 0, errors.New("not text")
	}
	n, err := io.ReadFull(message, buffer)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return n, nil
	}
	clear(buffer)
	if err != nil {
		return 0, err
	}
	c.log.Warn("message refused: too large")
	_ = c.ws.Close(websocket.StatusMessageTooBig, "at most 4096 bytes")
	return 0, errors.New("too large")
}

// work answers one request.
func (c *conn) work(ctx context.Context, r *request) {
	begin := c.now()
	answer, err := c.perform(ctx, r)
	c.end() // before the answer: a page may ask on as soon as it has it
	outcome := "ok"
	if err != nil {
		f := asFault(err)
		answer, outcome = f, string(f.Code)
		if f.cause != nil {
			c.log.Warn("request failed", "ask", r.ask, "code", f.Code, "cause", f.cause)
		}
	}
	c.log.Info("request answered", "ask", r.ask, "outcome", outcome, "took", c.now().Sub(begin).Round(time.Millisecond))
	c.answer(context.WithoutCancel(ctx), r.id, answer)
}

// perform does what a request asks. It owns the request's PIN.
func (c *conn) perform(ctx context.Context, r *request) (any, error) {
	switch r.ask {
	case "hello":
		return hello{Agent: c.agent, Protocol: 1, Purposes: challenge.Purposes()}, nil
	case "list":
		readers, err := c.desk.list(ctx)
		return listed{readers}, err
	case "certificate":
		h, err := c.desk.certificate(ctx, r.slot)
		if err != nil {
			return nil, err
		}
		return describe(h, c.now()), nil
	case "sign":
		s, err := c.desk.sign(ctx, r, c.origin)
		if err != nil {
			return nil, err
		}
		return signature{Algorithm: "RSASSA-PKCS1-v1_5-SHA256", Signature: s.signature, Purpose: r.purpose, Origin: c.origin, Certificate: describe(s.holder, c.now())}, nil
	}
	return nil, newFault(badRequest, nil)
}

// cancel stops a request of this page, if it is still in work; its own answer says whether
// it was.
func (c *conn) cancel(ctx context.Context, r *request) {
	c.mu.Lock()
	stopped := c.current == r.of
	if stopped {
		c.stop()
	}
	c.mu.Unlock()
	c.answer(ctx, r.id, stopping{stopped})
}

func (c *conn) refuseSite(ctx context.Context, id int) {
	c.log.Warn("site refused: it isn't allowed", "origin", c.origin)
	f := newFault(untrustedSite, nil)
	f.Zh = strings.Replace(f.Zh, "網址", c.origin, 1)
	f.En = strings.Replace(f.En, "ORIGIN", c.origin, 1)
	c.answer(ctx, id, f)
	_ = c.ws.Close(siteRefused, string(untrustedSite))
}

func (c *conn) answer(ctx context.Context, id int, body any) {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	// A page that went away gets no answer; that the next read fails ends the connection.
	_ = c.ws.Write(ctx, websocket.MessageText, encode(id, body))
}

// asFault returns the fault that err is; what is none is the card's.
func asFault(err error) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	return newFault(cardFailed, err)
}
