package cardtest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"turnkey-gateway/registry/challenge"
)

// Subprotocol is what a page must ask for.
const Subprotocol = "turnkey-card.v1"

// A Page is a WebSocket to an agent, as a page of a site opens it.
type Page struct {
	ws   *websocket.Conn
	next int
}

// An Answer is what the agent says to a request.
type Answer struct {
	ID    int             `json:"id"`
	OK    json.RawMessage `json:"ok"`
	Error *Fault          `json:"error"`
}

// A Fault is why the agent didn't do it.
type Fault struct {
	Code    string          `json:"code"`
	Zh      string          `json:"zh"`
	En      string          `json:"en"`
	Tries   string          `json:"tries"`
	Wait    int             `json:"wait"`
	Detail  string          `json:"detail"`
	Readers json.RawMessage `json:"readers"`
}

// Code returns the code of an error, "" of none.
func (a Answer) Code() string {
	if a.Error == nil {
		return ""
	}
	return a.Error.Code
}

// Read reads what was answered; the test ends if that was an error.
func (a Answer) Read(t testing.TB, into any) {
	t.Helper()
	if a.Error != nil {
		t.Fatalf("the agent answers %s: %s", a.Error.Code, a.Error.En)
	}
	if err := json.Unmarshal(a.OK, into); err != nil {
		t.Fatalf("%v in %s", err, a.OK)
	}
}

// Open opens a page of the site. It is closed after the test.
func (a *Agent) Open(t testing.TB, origin string) *Page {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), a.URL(), &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {origin}}, Subprotocols: []string{Subprotocol},
	})
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = ws.CloseNow() })
	return &Page{ws: ws}
}

// Close closes the page, as one who leaves does.
func (p *Page) Close() { _ = p.ws.CloseNow() }

// Ask asks and awaits the answer. The members are those of PROTOCOL.md but id. An answer to
// a message that can't be read has no id and is taken for this one's.
func (p *Page) Ask(t testing.TB, ask string, members map[string]any) Answer {
	t.Helper()
	id := p.Send(t, ask, members)
	for {
		if a := p.Next(t); a.ID == id || a.ID == 0 {
			return a
		}
	}
}

// Send asks, and returns the id that the answer will have.
func (p *Page) Send(t testing.TB, ask string, members map[string]any) int {
	t.Helper()
	p.next++
	message := map[string]any{"id": p.next, "ask": ask}
	for name, value := range members {
		message[name] = value
	}
	text, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	p.Write(t, text)
	return p.next
}

// Write sends a message as it is.
func (p *Page) Write(t testing.TB, message []byte) {
	t.Helper()
	if err := p.ws.Write(t.Context(), websocket.MessageText, message); err != nil {
		t.Fatal(err)
	}
}

// Next awaits the next answer.
func (p *Page) Next(t testing.TB) Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, text, err := p.ws.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var a Answer
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return a
}

// Closed awaits the end of the connection, and returns the status that the agent gave.
func (p *Page) Closed(t testing.TB) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, text, err := p.ws.Read(ctx)
	if err == nil {
		t.Fatalf("an answer, not the end: %s", text)
	}
	var closed websocket.CloseError
	if !errors.As(err, &closed) {
		t.Fatalf("the connection broke without a status: %v", err)
	}
	return int(closed.Code)
}

// A Signature is what the agent answers to "sign".
type Signature struct {
	Signature   []byte            `json:"signature"`
	Algorithm   string            `json:"algorithm"`
	Purpose     challenge.Purpose `json:"purpose"`
	Origin      string            `json:"origin"`
	Certificate Certificate       `json:"certificate"`
}

// A Certificate is what the agent says of a card's signing certificate.
type Certificate struct {
	Slot      string  `json:"slot"`
	Reader    string  `json:"reader"`
	Label     string  `json:"label"`
	Tries     string  `json:"tries"`
	DER       []byte  `json:"der"`
	SHA256    string  `json:"sha256"`
	Subject   string  `json:"subject"`
	Issuer    string  `json:"issuer"`
	Serial    string  `json:"serial"`
	NotBefore string  `json:"not_before"`
	NotAfter  string  `json:"not_after"`
	Warnings  []Fault `json:"warnings"`
}

// Sign has the only card sign, as a page of the site asks for it. The test ends if it
// doesn't.
func (a *Agent) Sign(t testing.TB, origin string, purpose challenge.Purpose, nonce, pin string) Signature {
	t.Helper()
	page := a.Open(t, origin)
	defer page.Close()
	var s Signature
	page.Ask(t, "sign", map[string]any{"purpose": purpose, "nonce": nonce, "pin": pin}).Read(t, &s)
	return s
}
