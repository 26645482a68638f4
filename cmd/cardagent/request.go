package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"turnkey-gateway/registry/challenge"
)

// maxMessage bounds a page's message, in bytes; the longest that makes sense has some 300.
const maxMessage = 4096

// maxPIN bounds a PIN, in octets; cards of this country take 6 to 8.
const maxPIN = 64

// A request is what a page may ask. It has no member that could carry bytes to a card.
type request struct {
	id      int
	ask     string
	slot    string // "" where the page leaves the choice to the agent
	purpose challenge.Purpose
	nonce   string
	lastTry bool
	of      int

	// pin is a copy of its own; who is done with the request wipes it.
	pin []byte
}

func (r *request) wipe() { clear(r.pin) }

// asks are the kinds of request, with the members that each must and may have beside id
// and ask.
var asks = map[string]struct{ must, may []string }{
	"hello":       {},
	"list":        {},
	"certificate": {may: []string{"slot"}},
	"sign":        {must: []string{"purpose", "nonce", "pin"}, may: []string{"slot", "last_try"}},
	"cancel":      {must: []string{"of"}},
}

var errNotAnObject = errors.New("a message is one flat JSON object, each member once")

// readRequest reads a page's message. Its error says what is wrong without repeating
// anything that the message holds; the request then has the id, where there was one.
func readRequest(message []byte) (*request, error) {
	r := &request{}
	members, err := flatObject(message)
	if err != nil {
		return r, err
	}
	id, given := members["id"]
	if !given {
		return r, errors.New("id is missing")
	}
	if r.id, err = readNumber(id); err != nil {
		return r, fmt.Errorf("id: %w", err)
	}
	if r.ask, err = readString(members["ask"]); err != nil {
		return r, fmt.Errorf("ask: %w", err)
	}
	rule, known := asks[r.ask]
	if !known {
		return r, errors.New("ask: no such request")
	}
	for name := range members {
		if name != "id" && name != "ask" && !slices.Contains(rule.must, name) && !slices.Contains(rule.may, name) {
			return r, errors.New("a member isn't part of that request")
		}
	}
	for _, name := range rule.must {
		if _, given := members[name]; !given {
			return r, fmt.Errorf("%s is missing", name)
		}
	}
	for _, name := range slices.Concat(rule.must, rule.may) {
		if value, given := members[name]; given {
			if err := r.set(name, value); err != nil {
				r.wipe()
				return r, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return r, nil
}

func (r *request) set(name string, value []byte) (err error) {
	switch name {
	case "slot":
		if r.slot, err = readString(value); err == nil && !isSlot(r.slot) {
			err = errors.New("not a slot as list gives it")
		}
	case "purpose":
		var purpose string
		purpose, err = readString(value)
		if r.purpose = challenge.Purpose(purpose); err == nil && !slices.Contains(challenge.Purposes(), r.purpose) {
			err = challenge.ErrPurpose
		}
	case "nonce":
		if r.nonce, err = readString(value); err == nil {
			err = challenge.CheckNonce(r.nonce)
		}
	case "pin":
		r.pin, err = readPIN(value)
	case "last_try":
		switch string(value) {
		case "true":
			r.lastTry = true
		case "false":
		default:
			err = errors.New("not true or false")
		}
	case "of":
		r.of, err = readNumber(value)
	}
	return err
}

func isSlot(s string) bool {
	n, err := strconv.ParseUint(s, 10, 64)
	return err == nil && strconv.FormatUint(n, 10) == s
}

func readNumber(value []byte) (int, error) {
	n, err := strconv.ParseInt(string(value), 10, 32)
	if err != nil || n < 1 {
		return 0, errors.New("not a whole number from 1 to 2147483647")
	}
	return int(n), nil
}

// readString reads a JSON string without escapes, which nothing in a request needs.
func readString(value []byte) (string, error) {
	if len(value) < 2 || value[0] != '"' || bytes.IndexByte(value, '\\') >= 0 {
		return "", errors.New("not a string, or one with escapes")
	}
	return string(value[1 : len(value)-1]), nil
}

var errNotAPIN = errors.New("not 1 to 64 printable ASCII characters")

// readPIN copies a PIN, once and into memory that can be wiped, hence no [readString]. Its
// characters are printable ASCII; of JSON's escapes only \" and \\ make such.
func readPIN(value []byte) ([]byte, error) {
	if len(value) < 2 || value[0] != '"' {
		return nil, errors.New("not a string")
	}
	value = value[1 : len(value)-1]
	pin := make([]byte, 0, maxPIN)
	for i := 0; i < len(value); i++ {
		c := value[i]
		escaped := c == '\\'
		if escaped {
			i++
			c = value[i]
		}
		if c < ' ' || c > '~' || len(pin) == maxPIN || escaped && c != '"' && c != '\\' {
			clear(pin)
			return nil, errNotAPIN
		}
		pin = append(pin, c)
	}
	return pin, nil
}

// flatObject returns the members of a JSON object as they are written. Unlike
// encoding/json it takes no member twice, none by another case, and copies no value, so
// that wiping the message wipes them all.
func flatObject(message []byte) (map[string][]byte, error) {
	if !json.Valid(message) {
		return nil, errNotAnObject
	}
	rest := bytes.Trim(message, " \t\r\n")
	if rest[0] != '{' {
		return nil, errNotAnObject
	}
	members := map[string][]byte{}
	// From here on the grammar is known to hold: only where values end is to be found.
	for rest = skipBlank(rest[1:]); rest[0] != '}'; rest = skipBlank(rest) {
		if rest[0] == ',' {
			rest = skipBlank(rest[1:])
		}
		n := valueLength(rest)
		name := string(rest[1 : n-1])
		rest = skipBlank(rest[n:])
		rest = skipBlank(rest[1:]) // the colon
		if rest[0] == '{' || rest[0] == '[' {
			return nil, errNotAnObject
		}
		n = valueLength(rest)
		if _, twice := members[name]; twice {
			return nil, errNotAnObject
		}
		members[name] = rest[:n:n]
		rest = rest[n:]
	}
	return members, nil
}

func skipBlank(b []byte) []byte { return bytes.TrimLeft(b, " \t\r\n") }

// valueLength returns how long the string, number or literal is that b begins with.
func valueLength(b []byte) int {
	if b[0] != '"' {
		return bytes.IndexAny(b, " \t\r\n,}")
	}
	for i := 1; ; i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}
