package password_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/argon2"

	"turnkey-gateway/registry/password"
)

const good = "Kx7#pQ2mVt"

func TestHashFitsItsPasswordOnly(t *testing.T) {
	h := password.NewHasher(0)
	hash, err := h.Hash(t.Context(), "Kx7#é2mVt")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash is %s", hash)
	}
	tests := []struct {
		name, password, hash string
		want                 bool
	}{
		{"the password", "Kx7#é2mVt", hash, true},
		{"composed otherwise", "Kx7#e\u03012mVt", hash, true},
		{"another case", "kX7#é2mVt", hash, false},
		{"one character less", "Kx7#é2mV", hash, false},
		{"empty", "", hash, false},
		{"too long", strings.Repeat("x", 1<<20), hash, false},
		{"no such account", "Kx7#é2mVt", "", false},
		{"no such account, no password", "", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ok, outdated, err := h.Check(t.Context(), tt.password, tt.hash)
			if err != nil || ok != tt.want || outdated {
				t.Errorf("got %v, %v, %v, want %v", ok, outdated, err, tt.want)
			}
		})
	}
	if again, err := h.Hash(t.Context(), "Kx7#é2mVt"); err != nil || again == hash {
		t.Errorf("the same hash again: %v, %v", again, err)
	}
	if _, err := h.Hash(t.Context(), "a\nb"); err == nil || strings.Contains(err.Error(), "a\nb") {
		t.Errorf("got %v, want an error that doesn't tell the password", err)
	}
}

func TestHashOfAnotherCostIsOutdated(t *testing.T) {
	salt := []byte("saltsalt")
	encode := base64.RawStdEncoding.EncodeToString
	old := fmt.Sprintf("$argon2id$v=19$m=64,t=1,p=2$%s$%s", encode(salt), encode(argon2.IDKey([]byte(good), salt, 1, 64, 2, 16)))
	h := password.NewHasher(1)
	if ok, outdated, err := h.Check(t.Context(), good, old); !ok || !outdated || err != nil {
		t.Errorf("got %v, %v, %v", ok, outdated, err)
	}
	if ok, outdated, err := h.Check(t.Context(), "other", old); ok || outdated || err != nil {
		t.Errorf("another password: %v, %v, %v", ok, outdated, err)
	}
}

func TestBrokenHashLetsNobodyIn(t *testing.T) {
	h := password.NewHasher(1)
	began := time.Now()
	ok, outdated, err := h.Check(t.Context(), good, "$argon2id$v=19$m=4294967295,t=9,p=1$c2FsdHNhbHQ$aGFzaGhhc2g")
	if ok || outdated || err == nil || strings.Contains(err.Error(), "c2FsdHNhbHQ") {
		t.Errorf("got %v, %v, %v", ok, outdated, err)
	}
	if time.Since(began) > 10*time.Second {
		t.Error("the hash's cost was paid")
	}
}

// TestUnknownAccountCostsAsMuch compares the fastest of several checks of each.
func TestUnknownAccountCostsAsMuch(t *testing.T) {
	h := password.NewHasher(1)
	hash, err := h.Hash(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	fastest := func(p, hash string) time.Duration {
		best := time.Hour
		for range 5 {
			began := time.Now()
			h.Check(t.Context(), p, hash)
			best = min(best, time.Since(began))
		}
		return best
	}
	known, unknown, unusable := fastest("wrong", hash), fastest("wrong", ""), fastest("\x00", hash)
	for _, other := range []time.Duration{unknown, unusable} {
		if other < known/2 || other > 2*known {
			t.Errorf("known account %v, unknown %v, unusable password %v", known, unknown, unusable)
		}
	}
}

func TestFloodWaitsItsTurn(t *testing.T) {
	h := password.NewHasher(1)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if ok, _, err := h.Check(t.Context(), good, ""); ok || err != nil && !errors.Is(err, password.ErrBusy) {
				t.Errorf("got %v, %v", ok, err)
			}
		})
	}
	wait.Wait()
	if _, _, err := h.Check(ended, good, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v of a request that has ended", err)
	}
}

func TestLongWaitIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := password.NewHasher(1)
		release := password.Occupy(h)
		if _, err := h.Hash(t.Context(), good); !errors.Is(err, password.ErrBusy) {
			t.Errorf("got %v", err)
		}
		release()
		if _, err := h.Hash(t.Context(), good); err != nil {
			t.Errorf("got %v once there is room", err)
		}
	})
}
