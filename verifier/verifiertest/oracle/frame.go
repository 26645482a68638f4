package oracle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"turnkey-gateway/verifier/c14n"
)

// The protocol. A frame is its length in four bytes, big end first, and that many bytes.
// A block inside a frame is written alike. Requests:
//
//	'n'                                                what are you
//	'c' method comments unsigned [prefixes] [apex] [document]   canonicalise
//	'v' [public key] [document]                        verify the document's Signature
//
// where [] is a block; method is a [c14n.Method], comments and unsigned are 0 or 1, each
// in one byte; prefixes stand between blanks; the key is a SubjectPublicKeyInfo in DER.
// An answer is a status in one byte and, for
//
//	good       the name, the canonical octets, or the octets that were digested,
//	           a block each: SignedInfo's, and those of each Reference in order
//	others     words on why
const (
	statusGood      = 0
	statusMalformed = 1 // the document can't be read
	statusRefused   = 2
)

// A Request is for the canonical form of a document, or of a part of it.
type Request struct {
	Options c14n.Options

	// Unsigned leaves the Signature out.
	Unsigned bool

	// Apex is the element that is canonicalised: "SignedInfo", "#id" for one with that
	// Id, ID or id; empty for the whole document.
	Apex string

	Document []byte
}

// Digested are the octets that a signature was found to be over.
type Digested struct {
	SignedInfo []byte
	References [][]byte
}

// A Refusal says that an oracle does not take a document or its signature.
type Refusal struct {
	Malformed bool // the document, not what is asked of it
	Why       string
}

func (r *Refusal) Error() string {
	if r.Malformed {
		return "malformed: " + r.Why
	}
	return r.Why
}

// ErrFailed says that an oracle crashed or hung over a request, twice.
var ErrFailed = errors.New("the oracle failed")

func (r *Request) frame() []byte {
	f := []byte{'c', byte(r.Options.Method), truth(r.Options.Comments), truth(r.Unsigned)}
	f = block(f, []byte(strings.Join(r.Options.PrefixList, " ")))
	f = block(f, []byte(r.Apex))
	return block(f, r.Document)
}

func verifyFrame(key, document []byte) []byte {
	return block(block([]byte{'v'}, key), document)
}

func truth(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func block(f, data []byte) []byte {
	return append(binary.BigEndian.AppendUint32(f, uint32(len(data))), data...)
}

// content returns what follows a good answer's status.
func content(answer []byte) ([]byte, error) {
	if len(answer) == 0 {
		return nil, fmt.Errorf("an empty answer: %w", ErrFailed)
	}
	switch answer[0] {
	case statusGood:
		return answer[1:], nil
	case statusMalformed, statusRefused:
		return nil, &Refusal{answer[0] == statusMalformed, string(answer[1:])}
	}
	return nil, fmt.Errorf("status %d is unknown: %w", answer[0], ErrFailed)
}

// digested reads the blocks of a signature that holds.
func digested(data []byte) (d Digested, err error) {
	var blocks [][]byte
	for len(data) > 0 {
		if len(data) < 4 || uint64(len(data)-4) < uint64(binary.BigEndian.Uint32(data)) {
			return d, fmt.Errorf("an answer is cut short: %w", ErrFailed)
		}
		end := 4 + binary.BigEndian.Uint32(data)
		blocks = append(blocks, data[4:end])
		data = data[end:]
	}
	if len(blocks) == 0 {
		return d, fmt.Errorf("a signature over nothing: %w", ErrFailed)
	}
	return Digested{SignedInfo: blocks[0], References: blocks[1:]}, nil
}
