package portaltest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"sync"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/verifier"
)

// A Memory is a registry of sessions, drafts, challenges and throttles for tests of
// pages, where no database is needed. Calling any other method of it panics.
type Memory struct {
	portal.Registry

	// Wait is what Take answers. Set it before the portal starts.
	Wait time.Duration

	mu         sync.Mutex
	err        error
	sessions   map[registry.SessionID]registry.Session
	drafts     map[string][]byte
	challenges map[string]bool
}

// NewMemory returns an empty one.
func NewMemory() *Memory {
	return &Memory{
		sessions:   make(map[registry.SessionID]registry.Session),
		drafts:     make(map[string][]byte),
		challenges: make(map[string]bool),
	}
}

// Fail has every method fail with err from now on.
func (m *Memory) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

// Begun counts the sessions that are open.
func (m *Memory) Begun() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.sessions)
}

func (m *Memory) BeginSession(ctx context.Context, lifetime time.Duration) (string, registry.Session, error) {
	return m.LogIn(ctx, "", registry.Opening{}, lifetime)
}

func (m *Memory) Session(_ context.Context, token string) (registry.Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	session, ok := m.sessions[sha256.Sum256([]byte(token))]
	if m.err != nil {
		return session, m.err
	}
	if !ok {
		return session, registry.ErrNoSession
	}
	return session, nil
}

func (m *Memory) LogIn(_ context.Context, oldToken string, who registry.Opening, lifetime time.Duration) (string, registry.Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, sha256.Sum256([]byte(oldToken)))
	token, now := rand.Text(), time.Now()
	session := registry.Session{
		ID: sha256.Sum256([]byte(token)), Party: who.Party, Operator: who.Operator, Strength: who.Strength,
		Certificate: who.Certificate, CreatedAt: now, ExpiresAt: now.Add(lifetime),
	}
	m.sessions[session.ID] = session
	return token, session, m.err
}

func (m *Memory) EndSession(_ context.Context, token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, sha256.Sum256([]byte(token)))
	return m.err
}

func (m *Memory) SaveDraft(_ context.Context, id registry.SessionID, flow string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drafts[string(id[:])+flow] = text
	return m.err
}

func (m *Memory) Draft(_ context.Context, id registry.SessionID, flow string, into any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	text, ok := m.drafts[string(id[:])+flow]
	if !ok {
		return registry.ErrNoDraft
	}
	return json.Unmarshal(text, into)
}

func (m *Memory) DropDraft(_ context.Context, id registry.SessionID, flow string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.drafts, string(id[:])+flow)
	return m.err
}

func (m *Memory) NewChallenge(_ context.Context, id registry.SessionID, purpose string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	nonce := rand.Text()
	m.challenges[string(id[:])+purpose+nonce] = true
	return nonce, m.err
}

func (m *Memory) TakeChallenge(_ context.Context, id registry.SessionID, purpose, nonce string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := string(id[:]) + purpose + nonce
	known := m.challenges[key]
	delete(m.challenges, key)
	if m.err == nil && !known {
		return registry.ErrNoChallenge
	}
	return m.err
}

func (m *Memory) Take(context.Context, registry.Bucket, string) (time.Duration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.Wait, m.err
}

// Note forgets.
func (m *Memory) Note(context.Context, registry.Actor, registry.AuditAction, verifier.PartyID, *verifier.Fingerprint, string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}
