package postgres_test

import (
	"testing"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/registrytest"
)

// TestDeviceIsKnownToItsAccountAndPassword, for a while.
func TestDeviceIsKnownToItsAccountAndPassword(t *testing.T) {
	s := registrytest.Store(t)
	now := time.Now()
	token := s.DeviceToken("Wendy@example.test", "$argon2id$1", now)
	tests := []struct {
		name, account, hash, token string
		at                         time.Time
		want                       bool
	}{
		{"its own", "wendy@example.test", "$argon2id$1", token, now, true},
		{"as long as it lives", "wendy@example.test", "$argon2id$1", token, now.Add(registry.DeviceLifetime - time.Minute), true},
		{"later", "wendy@example.test", "$argon2id$1", token, now.Add(registry.DeviceLifetime + time.Minute), false},
		{"before it was made", "wendy@example.test", "$argon2id$1", token, now.Add(-2 * time.Hour), false},
		{"another account", "97162640", "$argon2id$1", token, now, false},
		{"another password", "wendy@example.test", "$argon2id$2", token, now, false},
		{"no such account", "wendy@example.test", "", s.DeviceToken("wendy@example.test", "", now), now, false},
		{"younger than it is", "wendy@example.test", "$argon2id$1", token[:23] + "99" + token[25:], now, false},
		{"cut short", "wendy@example.test", "$argon2id$1", token[:len(token)-1], now, false},
		{"nothing", "wendy@example.test", "$argon2id$1", "", now, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := s.KnownDevice(tt.account, tt.hash, tt.token, tt.at); got != tt.want {
				t.Errorf("known: %v", got)
			}
		})
	}
	if another := s.DeviceToken("Wendy@example.test", "$argon2id$1", now); another == token {
		t.Error("two browsers have the same token")
	}
}
