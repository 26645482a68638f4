package main

import (
	"context"
	"fmt"
	"time"

	"turnkey-gateway/bench/hostile"
	"turnkey-gateway/bench/rig"
)

// rounds is how often each kind of poison is sent.
const rounds = 5

// runPoison sends each kind of poison to one partition, a good message behind each, and
// then all kinds together.
func runPoison(ctx context.Context, s *site, r *report) error {
	g, err := newGround(ctx, s, r)
	if err != nil {
		return err
	}
	defer g.close()
	poisons, err := g.poisons()
	if err != nil {
		return err
	}
	var harms []harm
	for _, poison := range poisons {
		harms = append(harms, harm{poison.Name, func(ctx context.Context) (string, error) { return "", g.poison(ctx, poison) }})
	}
	harms = append(harms, harm{"all of them mixed", func(ctx context.Context) (string, error) { return "", g.poison(ctx, poisons...) }})
	return g.compare(ctx, harms)
}

func (g *ground) poisons() ([]hostile.Load, error) {
	return hostile.Poisons(g.corpus.Parties()[0].Account, hostile.Sizes{Record: largeRecord, Bomb: 900 << 20})
}

// poison sends poisons again and again, a good message behind each, and waits for all
// outcomes, at least long enough for a thousand good messages beside them.
func (g *ground) poison(ctx context.Context, poisons ...hostile.Load) error {
	enough := time.Now().Add(warmUp + 1000*time.Second/goodPerSecond)
	for range rounds {
		for _, poison := range poisons {
			if err := g.target.Send(ctx, poison); err != nil {
				return err
			}
			m := g.nextGood()
			good, err := hostile.One(m.Account, m.XML, m.Want)
			if err != nil {
				return err
			}
			if err := g.target.Send(ctx, good); err != nil {
				return fmt.Errorf("behind %s: %w", poison.Name, err)
			}
		}
	}
	if err := g.drained(ctx); err != nil {
		return err
	}
	return rig.Sleep(ctx, time.Until(enough))
}
