package verifier

import (
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"sync"

	"turnkey-gateway/verifier/xmltext"
)

// Limits bound what is read of a document; zero fields mean the defaults.
type Limits = xmltext.Limits

// Config is an engine's. The zero Config is that of the profile "cpt" without claims.
type Config struct {
	Profile Profile
	Limits  Limits

	// Claims says which elements claim to name the sender; nil: none.
	Claims ClaimTable
}

// An Engine reads documents under one configuration. It is safe for concurrent use.
type Engine struct {
	profile  Profile
	limits   Limits
	claims   ClaimTable
	steps    map[string]*step // to the identity and the claims, by message type; "": of all others
	readings sync.Pool        // of *reading
	known    fingerprints

	plainly bool // reads token by token and remembers nothing; tests hold all else against that
}

// New returns an engine. It fails where the configuration contradicts itself.
func New(cfg Config) (*Engine, error) {
	p := cfg.Profile
	switch {
	case p.References < 0 || p.References > maxReferences:
		return nil, fmt.Errorf("profile %q: %d references are not 0 to %d", p.Name, p.References, maxReferences)
	case p.References > 1 && !p.ByID:
		return nil, fmt.Errorf("profile %q: several references without references by Id make no sense", p.Name)
	}
	if err := cfg.Claims.check(); err != nil {
		return nil, err
	}
	e := &Engine{profile: p, limits: cfg.Limits.WithDefaults(), claims: cfg.Claims, steps: map[string]*step{"": steps("", nil)}}
	e.known.seed = maphash.MakeSeed()
	for _, code := range slices.Concat(identifiedByID, slices.Collect(maps.Keys(cfg.Claims))) {
		e.steps[code] = steps(code, cfg.Claims[code])
	}
	e.readings.New = func() any { return newReading(e) }
	return e, nil
}

// Read checks the form of a document and of its signature, and says what it found; what
// is wrong with them is known to the message, and Judge tells. It never panics and never
// returns nil. The message and its verdicts refer to doc, which must not change while they
// are used.
func (e *Engine) Read(doc []byte) *Message {
	r := e.readings.Get().(*reading)
	m := r.read(doc)
	r.release()
	e.readings.Put(r)
	return m
}
