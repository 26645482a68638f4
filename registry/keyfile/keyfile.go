// Package keyfile loads the 32-byte secret keys that programs are given as files.
package keyfile

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// Size is the length of a key in bytes.
const Size = 32

// maxFile bounds what is read of a key file: 32 bytes in hex, some blanks.
const maxFile = 256

// A Key is a secret of 32 random bytes. It prints as a fixed word, so that a
// careless log line or --print-config can't disclose it.
type Key [Size]byte

// String hides the key.
func (Key) String() string { return "[key]" }

// GoString hides the key.
func (Key) GoString() string { return "keyfile.Key{[key]}" }

// Format hides the key from every verb, %x and %d too.
func (Key) Format(f fmt.State, _ rune) { io.WriteString(f, "[key]") }

// MarshalText hides the key from encoders; a key is never written by us.
func (Key) MarshalText() ([]byte, error) { return []byte("[key]"), nil }

// errShape says what a key file may hold.
var errShape = errors.New("wanted 32 random bytes, as they are, in hex (64 digits) or in base64 (44 characters): `openssl rand -hex 32 > FILE` makes one")

// Load reads a key from a regular file: 32 bytes raw, in hex or in base64 (standard
// or URL alphabet, padded or not), the text forms with blanks around them allowed.
//
// A file that others than its owner and group may read or write, and one whose
// group may write it, is refused with the command that mends it. (Groups may read:
// container platforms mount secrets so.) A key of equal bytes is refused as a
// placeholder.
func Load(path string) (Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return Key{}, fmt.Errorf("load key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Key{}, fmt.Errorf("load key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Key{}, fmt.Errorf("load key %s: not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o027 != 0 {
		return Key{}, fmt.Errorf("load key %s: mode %04o lets others at it: chmod 600 %s", path, mode, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Key{}, fmt.Errorf("load key: %w", err)
	}
	key, err := Parse(text)
	if err != nil {
		return Key{}, fmt.Errorf("load key %s: %w", path, err)
	}
	return key, nil
}

// Create makes a new key in a file that only its owner may read; the error is an
// os.ErrExist where there is one already. A crash on the way leaves a short file, which
// Load refuses.
func Create(path string) error {
	var key [Size]byte
	rand.Read(key[:]) // never fails
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	_, err = fmt.Fprintln(f, hex.EncodeToString(key[:]))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	return nil
}

// Parse reads a key from the bytes of a key file. Exactly 32 bytes are the key
// itself; its text forms are longer, so no file can be read in two ways.
func Parse(text []byte) (Key, error) {
	raw := text
	if len(text) != Size {
		var err error
		if raw, err = decode(bytes.TrimSpace(text)); err != nil {
			return Key{}, err
		}
	}
	key := Key(raw)
	if key == ([Size]byte(bytes.Repeat(key[:1], Size))) {
		return Key{}, fmt.Errorf("the key is one byte repeated; %w", errShape)
	}
	return key, nil
}

// decode returns the Size bytes that the text stands for.
func decode(text []byte) ([]byte, error) {
	encodings := map[int]func(string) ([]byte, error){
		hex.EncodedLen(Size):                    hex.DecodeString,
		base64.StdEncoding.EncodedLen(Size):     base64.StdEncoding.Strict().DecodeString,
		base64.RawStdEncoding.EncodedLen(Size):  base64.RawStdEncoding.Strict().DecodeString,
		-base64.StdEncoding.EncodedLen(Size):    base64.URLEncoding.Strict().DecodeString,
		-base64.RawStdEncoding.EncodedLen(Size): base64.RawURLEncoding.Strict().DecodeString,
	}
	length := len(text)
	if bytes.ContainsAny(text, "-_") {
		length = -length // the URL alphabet
	}
	decoder := encodings[length]
	if decoder == nil {
		return nil, errShape
	}
	raw, err := decoder(string(text))
	if err != nil || len(raw) != Size {
		return nil, errShape // the decoder's error would quote the key
	}
	return raw, nil
}
