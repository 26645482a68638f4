package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"turnkey-gateway/registry/challenge"
)

func TestRequestsAreRead(t *testing.T) {
	text := `{ "id" : 7, "ask":"sign","slot":"18446744073709551615","purpose":"prove",
		"nonce":"` + nonce + `","pin":"12\"34\\56","last_try":true}`
	r, err := readRequest([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if r.id != 7 || r.ask != "sign" || r.slot != "18446744073709551615" || r.purpose != challenge.Prove || r.nonce != nonce ||
		string(r.pin) != `12"34\56` || !r.lastTry {
		t.Errorf("read as %+v", r)
	}
}

func TestSecurityAPINIsACopyOfItsOwn(t *testing.T) {
	message := []byte(`{"id":7,"ask":"sign","purpose":"prove","nonce":"` + nonce + `","pin":"123456"}`)
	r, err := readRequest(message)
	if err != nil {
		t.Fatal(err)
	}
	clear(message)
	if string(r.pin) != "123456" || r.nonce != nonce {
		t.Errorf("wiping the message wiped %q, %q", r.pin, r.nonce)
	}
	r.wipe()
	if !bytes.Equal(r.pin[:cap(r.pin)], make([]byte, cap(r.pin))) {
		t.Error("it isn't wiped")
	}
}

// FuzzRequest is the law that a request is read as encoding/json reads it, if it is read,
// that what is signed is then a sentence, and that errors repeat nothing of the message.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"id":1,"ask":"hello"}`))
	f.Add([]byte(`{"id":2,"ask":"certificate","slot":"0"}`))
	f.Add([]byte(`{"id":3,"ask":"sign","slot":"0","purpose":"login","nonce":"` + nonce + `","pin":"246813","last_try":false}`))
	f.Add([]byte(`{"id":3,"ask":"sign","purpose":"login","nonce":"` + nonce + `","pin":"\"\\"}` + "\r\n\t "))
	f.Add([]byte(`{"id":4,"ask":"cancel","of":3}`))
	f.Add([]byte(`{"id":4,"id":5,"ask":"hello"}`))
	f.Add([]byte(`{"ID":4,"ask":"hello","a":{"b":[]}}`))
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"\u0069d":1}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		r, err := readRequest(message)
		if err != nil {
			if r == nil || bytes.Contains(message, []byte("secret")) && strings.Contains(err.Error(), "secret") {
				t.Errorf("%v, %v", r, err)
			}
			return
		}
		var want struct {
			ID         int
			Ask, Slot  string
			Purpose    challenge.Purpose
			Nonce, PIN string
			LastTry    bool `json:"last_try"`
			Of         int
		}
		if err := json.Unmarshal(message, &want); err != nil {
			t.Fatalf("%q was read, but %v", message, err)
		}
		if r.id != want.ID || r.ask != want.Ask || r.slot != want.Slot || r.purpose != want.Purpose || r.nonce != want.Nonce || string(r.pin) != want.PIN || r.of != want.Of {
			t.Errorf("%q was read as %+v, not as %+v", message, r, want)
		}
		if r.ask == "sign" {
			if _, err := challenge.Sentence(r.purpose, site, r.nonce); err != nil {
				t.Errorf("%q: %v", message, err)
			}
		}
	})
}
