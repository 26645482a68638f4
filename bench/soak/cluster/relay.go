package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/bench/wire"
)

// A relay is the portal, which here only relays.
type relay struct {
	system          *rig.System
	redis, postgres *wire.Wire

	mu      sync.Mutex
	portal  rig.Server // guarded by mu
	expects bool       // guarded by mu; that it runs
}

// start launches the portal and waits until it is ready.
func (r *relay) start(ctx context.Context) error {
	if err := r.launch(); err != nil {
		return err
	}
	return r.ready(ctx)
}

func (r *relay) launch() (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.portal, err = r.system.LaunchPortal("", "")
	r.expects = err == nil
	return err
}

func (r *relay) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	p := r.program()
	return p.AwaitOK(ctx, p.URL("/readyz"))
}

func (r *relay) program() rig.Server {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.portal
}

// expectEnd says that the portal is about to be ended.
func (r *relay) expectEnd() rig.Server {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expects = false
	return r.portal
}

// sound returns an error if the portal ended by itself.
func (r *relay) sound() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.expects {
		return nil
	}
	select {
	case <-r.portal.Ended():
		return fmt.Errorf("the portal ended by itself: %v", r.portal.Err())
	default:
		return nil
	}
}

func (r *relay) stop() error {
	p := r.expectEnd()
	if p.Program == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return p.Stop(ctx)
}
