package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/registry/challenge/cardtest"
)

// shake sends a handshake and returns the status and body of an answer that isn't a
// WebSocket; 101 of one that is.
func shake(t *testing.T, agent *cardtest.Agent, edit func(*http.Request)) (status int, body string, header http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+agent.Address+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Origin": site, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol": cardtest.Subprotocol,
	} {
		request.Header.Set(name, value)
	}
	edit(request)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusSwitchingProtocols {
		return response.StatusCode, "", response.Header
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text), response.Header
}

func TestSecurityHandshakesOfStrangersAreRefused(t *testing.T) {
	_, agent := start(t, cardtest.Habits{})
	_, port, err := net.SplitHostPort(agent.Address)
	if err != nil {
		t.Fatal(err)
	}
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = values }
	}
	host := func(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }
	tests := []struct {
		name string
		edit func(*http.Request)
		want int
	}{
		{"untouched", func(*http.Request) {}, 101},
		{"by localhost", host("localhost:" + port), 101},
		{"by ::1", host("[::1]:" + port), 101},
		{"missing Origin", header("Origin"), 403},
		{"empty Origin", header("Origin", ""), 403},
		{"opaque Origin", header("Origin", "null"), 403},
		{"two Origins", header("Origin", site, site), 403},
		{"an Origin with a path", header("Origin", site+"/"), 403},
		{"an Origin in capitals", header("Origin", "https://PORTAL.example"), 403},
		{"plain http", header("Origin", "http://portal.example"), 403},
		{"an extension", header("Origin", "chrome-extension://abcdefghijklmnopabcdefghijklmnop"), 403},
		{"DNS rebinding", host("evil.example:" + port), 403},
		{"DNS rebinding, same origin", func(r *http.Request) {
			r.Host = "evil.example:" + port
			r.Header.Set("Origin", "http://evil.example:"+port)
		}, 403},
		{"DNS rebinding to a name that ends so", host("127.0.0.1.evil.example:" + port), 403},
		{"without the port", host("127.0.0.1"), 403},
		{"another port", host("127.0.0.1:1"), 403},
		{"another loopback address", host("127.0.0.2:" + port), 403},
		{"another path", func(r *http.Request) { r.URL.Path = "/x" }, 404},
		{"POST", func(r *http.Request) { r.Method = http.MethodPost }, 405},
		{"no WebSocket", header("Upgrade"), 426},
		{"no subprotocol", header("Sec-Websocket-Protocol"), 400},
		{"another subprotocol", header("Sec-Websocket-Protocol", "turnkey-card.v2"), 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, _, header := shake(t, agent, tt.edit)
			if status != tt.want {
				t.Errorf("HTTP status %d, want %d", status, tt.want)
			}
			if header.Get("Access-Control-Allow-Origin") != "" {
				t.Error("a page may read it")
			}
		})
	}
	if strings.Contains(agent.Log(), "evil") {
		t.Errorf("the log repeats what a stranger sent:\n%s", agent.Log())
	}
}

func TestSecurityAForeignSiteGetsTheReasonAndNothingElse(t *testing.T) {
	_, agent := start(t, cardtest.Habits{}, citizen(t))
	page := agent.Open(t, another)
	page.Write(t, []byte(`{"id":1,"ask":"list"}`))
	answer := page.Next(t)
	if answer.Code() != "UNTRUSTED_SITE" || answer.ID != 0 || !strings.Contains(answer.Error.En, "cardagent allow "+another) || !strings.Contains(answer.Error.Zh, another) {
		t.Errorf("a foreign site hears %+v", answer.Error)
	}
	if status := page.Closed(t); status != 4403 {
		t.Errorf("closed with %d", status)
	}
	if strings.Contains(agent.Log(), "request answered") {
		t.Error("a request of a foreign site was answered")
	}
}

func TestSecurityOnlyTheUserAllowsSites(t *testing.T) {
	_, agent := start(t, cardtest.Habits{}, citizen(t))
	page := agent.Open(t, site)
	for _, message := range []string{`{"id":1,"ask":"allow"}`, `{"id":2,"ask":"allow","origin":"https://evil.example"}`, `{"id":3,"ask":"hello","origins":"https://evil.example"}`} {
		page.Write(t, []byte(message))
		if code := page.Next(t).Code(); code != "BAD_REQUEST" {
			t.Errorf("%s: %q", message, code)
		}
	}
	// What the user changes counts at once, for open pages too.
	if out, code := agent.Run(t, "forbid", site); code != 0 {
		t.Fatal(out)
	}
	if code := page.Ask(t, "list", nil).Code(); code != "UNTRUSTED_SITE" {
		t.Errorf("a site forbidden since: %q", code)
	}
	if status := page.Closed(t); status != 4403 {
		t.Errorf("closed with %d", status)
	}
	if out, code := agent.Run(t, "allow", site+"/"); code != 0 {
		t.Fatal(out)
	}
	if code := agent.Open(t, site).Ask(t, "list", nil).Code(); code != "" {
		t.Errorf("a site allowed again: %q", code)
	}
}

func TestSecurityAPageCantChooseWhatIsSigned(t *testing.T) {
	box, agent := start(t, cardtest.Habits{Tries: 3}, citizen(t))
	page := agent.Open(t, site)
	signedInfo := `<ds:SignedInfo xmlns:ds='http://www.w3.org/2000/09/xmldsig#'/>`
	edits := []map[string]any{
		{"data": signedInfo}, {"sentence": signedInfo}, {"tbs": "MTIz"}, {"hash": strings.Repeat("00", 32)}, {"mechanism": "CKM_RSA_PKCS"},
		{"origin": another}, {"key": "KEYX"}, {"PIN": pin}, {"Nonce": nonce},
		{"purpose": nil}, {"purpose": ""}, {"purpose": "sign"}, {"purpose": "LOGIN"}, {"purpose": signedInfo}, {"purpose": "login\x00https://evil.example"}, {"purpose": 1},
		{"nonce": nil}, {"nonce": ""}, {"nonce": nonce[:42]}, {"nonce": nonce + "A"}, {"nonce": nonce + "\x00"}, {"nonce": signedInfo}, {"nonce": signedInfo[:43]},
		{"nonce": nonce[:42] + "="}, {"nonce": nonce[:42] + "\n"}, {"nonce": []string{nonce}}, {"nonce": nil, "NONCE": nonce},
		{"pin": nil}, {"pin": 246813}, {"slot": "SIGN"}, {"slot": "-1"}, {"slot": "00"}, {"last_try": "true"}, {"last_try": 1},
	}
	for _, edit := range edits {
		if code := page.Ask(t, "sign", signRequest(edit)).Code(); code != "BAD_REQUEST" {
			t.Errorf("%v: %q", edit, code)
		}
	}
	twice := `{"id":900,"ask":"sign","purpose":"login","nonce":"` + nonce + `","pin":"` + pin + `","purpose":"register"}`
	for _, message := range []string{twice, ``, `null`, `[]`, `"sign"`, `{}`, `{"id":1}`, `{"ask":"list"}`, `{"id":0,"ask":"list"}`, `{"id":"1","ask":"list"}`, `{"id":1,"ask":"list"}{}`, `{"id":1,"ask":"list"`, `{"id":1,"ask":"sign","data":{"a":1}}`} {
		page.Write(t, []byte(message))
		if code := page.Next(t).Code(); code != "BAD_REQUEST" {
			t.Errorf("%s: %q", message, code)
		}
	}
	if signed := box.Signed(t); len(signed) != 0 {
		t.Errorf("the card was given %q", signed)
	}
	// And of what is right, exactly the sentence gets to the card.
	page.Ask(t, "sign", signRequest(nil)).Read(t, &cardtest.Signature{})
	want := "turnkey-login-v1\x00login\x00" + site + "\x00" + nonce
	if signed := box.Signed(t); len(signed) != 1 || string(signed[0]) != want {
		t.Errorf("the card was given %q", signed)
	}
}

func TestSecurityTheOriginOfTheHandshakeIsSigned(t *testing.T) {
	box := cardtest.NewBox(t, cardtest.Habits{}, citizen(t))
	agent := box.Start(t, site, another) // both are allowed: neither gets a signature for the other
	s := agent.Sign(t, another, challenge.Login, nonce, pin)
	cert := parse(t, s.Certificate.DER)
	if err := challenge.Verify(cert, challenge.Login, site, nonce, s.Signature); err == nil {
		t.Error("a signature got on one site holds on another")
	}
	if err := challenge.Verify(cert, challenge.Login, another, nonce, s.Signature); err != nil {
		t.Error(err)
	}
}

func TestSecurityKEYXIsNeverUsed(t *testing.T) {
	_, exchange := issue(t, inHalfAYear())
	box, agent := start(t, cardtest.Habits{Tries: 3}, cardtest.Card{Exchange: exchange})
	page := agent.Open(t, site)
	for _, ask := range []string{"certificate", "sign"} {
		members := map[string]any{}
		if ask == "sign" {
			members = signRequest(nil)
		}
		if code := page.Ask(t, ask, members).Code(); code != "NO_SIGNING_CERTIFICATE" {
			t.Errorf("%s: %q", ask, code)
		}
	}
	if len(box.Signed(t)) != 0 {
		t.Error("the exchange key signed")
	}
}

func TestSecurityAKeyThatIsntTheCertificatesIsNoticed(t *testing.T) {
	sign, exchange := issue(t, inHalfAYear())
	mixed := *sign
	mixed.Key = exchange.Key
	_, agent := start(t, cardtest.Habits{}, cardtest.Card{Sign: &mixed})
	if code := agent.Open(t, site).Ask(t, "sign", signRequest(nil)).Code(); code != "CARD_FAILED" {
		t.Errorf("answer: %q", code)
	}
}

func TestSecurityLargeAndBinaryMessagesEndTheConnection(t *testing.T) {
	_, agent := start(t, cardtest.Habits{})
	page := agent.Open(t, site)
	page.Write(t, []byte(`{"id":1,"ask":"hello"`+strings.Repeat(" ", maxMessage-22)+`}`))
	if code := page.Next(t).Code(); code != "" {
		t.Errorf("a message of %d bytes: %s", maxMessage, code)
	}
	page.Write(t, []byte(strings.Repeat(" ", maxMessage+1)))
	if status := page.Closed(t); status != int(websocket.StatusMessageTooBig) {
		t.Errorf("too large: closed with %d", status)
	}
	ws := dial(t, agent, site)
	if err := ws.Write(t.Context(), websocket.MessageBinary, []byte(`{"id":1,"ask":"hello"}`)); err != nil {
		t.Fatal(err)
	}
	if _, text, err := ws.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusUnsupportedData {
		t.Errorf("binary: %q, %v", text, err)
	}
}

func dial(t *testing.T, agent *cardtest.Agent, origin string) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), agent.URL(), &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {origin}}, Subprotocols: []string{cardtest.Subprotocol},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	return ws
}

func TestSecurityForeignSitesDontTakeTheAllowedOnesPlaces(t *testing.T) {
	_, agent := start(t, cardtest.Habits{})
	for range maxStrangers { // which never read, so that the agent waits for them
		dial(t, agent, another)
	}
	if status, _, _ := shake(t, agent, func(r *http.Request) { r.Header.Set("Origin", another) }); status != http.StatusServiceUnavailable {
		t.Errorf("one more stranger: HTTP status %d", status)
	}
	if code := agent.Open(t, site).Ask(t, "hello", nil).Code(); code != "" {
		t.Errorf("the allowed site: %s", code)
	}
}

func TestSecurityNothingSecretIsLogged(t *testing.T) {
	_, agent := start(t, cardtest.Habits{Tries: 3}, citizen(t)) // at the level debug
	page := agent.Open(t, site)
	odd := "Pw\"\\-7531"
	page.Ask(t, "sign", signRequest(nil)).Read(t, &cardtest.Signature{})
	page.Ask(t, "sign", signRequest(map[string]any{"pin": badPin}))
	page.Ask(t, "sign", signRequest(map[string]any{"pin": odd}))
	page.Ask(t, "sign", signRequest(map[string]any{"pin": badPin, "purpose": badPin, "nonce": "n" + badPin}))
	page.Ask(t, "sign", signRequest(map[string]any{"member-" + badPin: badPin}))
	page.Ask(t, "ask-"+badPin, nil)
	page.Write(t, []byte(`{"id":77,"ask":"sign","pin":"`+badPin+`"`))
	page.Next(t)
	page.Write(t, []byte(strings.Repeat(badPin, 1000)))
	page.Closed(t)
	log := agent.Log()
	for _, secret := range []string{pin, badPin, odd, "7531", nonce, "王小明", "0000000012345678", "HiCOS sample card"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q:\n%s", secret, log)
		}
	}
	if !strings.Contains(log, "outcome=WRONG_PIN") {
		t.Errorf("the log doesn't say what became of requests:\n%s", log)
	}
}

func TestSecurityPreflightsAreForAllowedSites(t *testing.T) {
	_, agent := start(t, cardtest.Habits{})
	ask := func(origin string) (int, http.Header) {
		status, _, header := shake(t, agent, func(r *http.Request) {
			r.Method = http.MethodOptions
			r.Header = http.Header{"Origin": {origin}, "Access-Control-Request-Method": {"GET"}, "Access-Control-Request-Private-Network": {"true"}}
		})
		return status, header
	}
	status, header := ask(site)
	if status != 204 || header.Get("Access-Control-Allow-Origin") != site || header.Get("Access-Control-Allow-Private-Network") != "true" {
		t.Errorf("an allowed site: %d %v", status, header)
	}
	if status, header := ask(another); status != 403 || header.Get("Access-Control-Allow-Origin") != "" || header.Get("Access-Control-Allow-Private-Network") != "" {
		t.Errorf("a foreign site: %d %v", status, header)
	}
}

func TestSecurityNobodyElseIsListenedTo(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "localhost:0", "portal.example:0"} {
		if l, err := listenOnLoopback(address); err == nil {
			l.Close()
			t.Errorf("it listens on %s", address)
		}
	}
}

func TestErrorsAreAsDocumented(t *testing.T) {
	for c, words := range texts {
		if words.zh == "" || words.en == "" {
			t.Errorf("%s has no words", c)
		}
		if text, err := json.Marshal(newFault(c, io.EOF)); err != nil || strings.Contains(string(text), "EOF") {
			t.Errorf("%s: %s, %v", c, text, err)
		}
	}
}
