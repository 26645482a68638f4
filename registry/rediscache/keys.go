package rediscache

import (
	"strings"

	"turnkey-gateway/registry"
)

// DefaultPrefix begins every key where no other prefix is configured.
const DefaultPrefix = "turnkey"

// Keys names what is kept in Redis for one registry.
type Keys struct{ prefix string }

// NewKeys returns the keys under a prefix, [DefaultPrefix] if it is empty. Registries
// that share a Redis need different prefixes; the HMACs are bound to them.
func NewKeys(prefix string) Keys {
	if prefix == "" {
		prefix = DefaultPrefix
	}
	return Keys{strings.ReplaceAll(prefix, "\x00", "") + ":{registry}:"}
}

// Sender is the key of a sender's snapshot.
func (k Keys) Sender(h registry.LookupHash) string { return k.prefix + "sender:" + h.String() }

// Heartbeat is the key of the latest heartbeat, and the channel it is published on.
func (k Keys) Heartbeat() string { return k.prefix + "heartbeat" }

// Applied is the key of the version that the relay has applied, in clear: a hint
// that can cause a write to be left out, or a stale one that nobody believes.
func (k Keys) Applied() string { return k.prefix + "applied" }
