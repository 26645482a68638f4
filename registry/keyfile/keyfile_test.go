package keyfile_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"turnkey-gateway/registry/keyfile"
)

var raw = []byte("\x00\xff\x3e\x3f\xfb\xf0 a key of 32 bytes......\r\n")

func TestLoad(t *testing.T) {
	if len(raw) != keyfile.Size {
		t.Fatalf("the sample key has %d bytes", len(raw))
	}
	tests := []struct {
		name string
		text []byte
		mode os.FileMode
		want string // a part of the error; empty means none
	}{
		{"raw", raw, 0o600, ""},
		{"hex", []byte(hex.EncodeToString(raw)), 0o600, ""},
		{"upper-case hex with a line end", []byte(strings.ToUpper(hex.EncodeToString(raw)) + "\r\n"), 0o600, ""},
		{"base64", []byte(base64.StdEncoding.EncodeToString(raw) + "\n"), 0o400, ""},
		{"unpadded base64", []byte(base64.RawStdEncoding.EncodeToString(raw)), 0o600, ""},
		{"URL base64", []byte(base64.URLEncoding.EncodeToString(raw)), 0o600, ""},
		{"unpadded URL base64", []byte(base64.RawURLEncoding.EncodeToString(raw)), 0o600, ""},
		{"its group may read", raw, 0o640, ""},
		{"its group may write", raw, 0o660, "chmod 600"},
		{"others may read", raw, 0o604, "chmod 600"},
		{"empty", nil, 0o600, "openssl rand"},
		{"31 bytes", raw[:31], 0o600, "openssl rand"},
		{"33 bytes", append(raw[:32:32], 'x'), 0o600, "openssl rand"},
		{"63 hex digits", []byte(hex.EncodeToString(raw)[:63]), 0o600, "openssl rand"},
		{"a letter that is no hex digit", []byte(hex.EncodeToString(raw)[:63] + "g"), 0o600, "openssl rand"},
		{"zeros", make([]byte, 32), 0o600, "one byte repeated"},
		{"zeros in hex", bytes.Repeat([]byte("00"), 32), 0o600, "one byte repeated"},
		{"long", bytes.Repeat([]byte("ab"), 1000), 0o600, "openssl rand"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sample.key")
			if err := os.WriteFile(path, tt.text, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil {
				t.Fatal(err)
			}
			key, err := keyfile.Load(path)
			if tt.want == "" {
				if err != nil || !bytes.Equal(key[:], raw) {
					t.Errorf("Load = %x, %v", [keyfile.Size]byte(key), err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %q and the path in it", err, tt.want)
			}
			if len(tt.text) >= 16 && err != nil && strings.Contains(err.Error(), string(tt.text[:16])) {
				t.Errorf("the error repeats the key: %v", err)
			}
		})
	}
}

func TestLoadRefusesWhatIsNoFile(t *testing.T) {
	if _, err := keyfile.Load(t.TempDir()); err == nil {
		t.Error("a directory was loaded")
	}
	if _, err := keyfile.Load(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("nothing was loaded")
	}
}

func TestKeyIsNeverPrinted(t *testing.T) {
	key, err := keyfile.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("key", "key", key)
	text, err := json.Marshal(map[string]any{"key": key})
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%v %+v %#v %s %x %X %d %q %v", key, key, key, key, key, key, key, key, struct{ K keyfile.Key }{key}) + log.String() + string(text)
	for _, leak := range []string{string(raw[7:20]), hex.EncodeToString(raw[7:20]), strings.ToUpper(hex.EncodeToString(raw[7:20])), "97 32 107"} {
		if strings.Contains(printed, leak) {
			t.Errorf("printed %q", printed)
		}
	}
}

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "a.key"), filepath.Join(dir, "b.key")
	for _, path := range []string{first, second} {
		if err := keyfile.Create(path); err != nil {
			t.Fatal(err)
		}
	}
	a, err := keyfile.Load(first)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := keyfile.Load(second); err != nil || a == b {
		t.Errorf("two keys are the same, or the second can't be loaded: %v", err)
	}
	if err := keyfile.Create(first); !errors.Is(err, os.ErrExist) {
		t.Errorf("a key was made over another: %v", err)
	}
	if again, err := keyfile.Load(first); err != nil || again != a {
		t.Errorf("the key that was there has changed: %v", err)
	}
}
