package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"turnkey-gateway/bench/place"
	"turnkey-gateway/bench/soak/trial"
)

// progressEvery is the time between two lines for people.
const progressEvery = 5 * time.Second

// An opener opens the world of that name.
type opener func(ctx context.Context, name string) (trial.World, error)

// campaign plays the seeds that are left, world after world, and files the page.
func campaign(ctx context.Context, o options, open opener, out io.Writer) error {
	commit := place.Commit()
	s, err := openState(o.dir, commit, o.fresh)
	if err != nil {
		return err
	}
	defer s.close()
	began := time.Now()
	faults := make(map[string][]trial.Fault)
	var failed error
	for _, world := range o.worlds {
		c := &contest{options: o, world: world, open: open, state: s, began: began, out: out}
		known, err := c.play(ctx)
		if known != nil {
			faults[world] = known
		}
		failed = errors.Join(failed, err)
	}
	p := summarize(s, commit, o, faults, time.Now().UTC())
	if o.results != "" {
		path, err := p.file(o.results)
		if err != nil {
			return errors.Join(failed, err)
		}
		fmt.Fprintln(out, "filed in", path)
	}
	return errors.Join(failed, p.err())
}

// A contest is one world's part of a run.
type contest struct {
	options
	world string
	open  opener
	state *state
	began time.Time // of the run
	out   io.Writer

	todo   []uint64
	next   atomic.Int64 // index in todo
	failed atomic.Int64 // in this run
	passed atomic.Int64
}

// play plays what is left, and returns the faults that the world knows. An error is that
// the world could not be opened or the state not be written, not that a seed failed.
func (c *contest) play(ctx context.Context) ([]trial.Fault, error) {
	c.todo = c.state.open(c.world, c.first, c.upTo(c.world))
	if len(c.todo) == 0 {
		fmt.Fprintf(c.out, "%s: all seeds were done before on this commit\n", c.world)
	}
	w, err := c.open(ctx, c.world)
	if err != nil {
		return nil, err
	}
	faults := w.Faults()
	if len(c.todo) == 0 {
		return faults, w.Close()
	}
	stop := c.report()
	defer stop()
	errs := make(chan error, c.atOnce(c.world))
	var all sync.WaitGroup
	for i := range c.atOnce(c.world) {
		all.Go(func() {
			own := w
			if i > 0 {
				var err error
				if own, err = c.open(ctx, c.world); err != nil {
					errs <- err
					return
				}
			}
			errs <- errors.Join(c.work(ctx, own), own.Close())
		})
	}
	all.Wait()
	close(errs)
	var joined error
	for err := range errs {
		joined = errors.Join(joined, err)
	}
	return faults, joined
}

// work plays one seed after another until none is left, or none is to begin.
func (c *contest) work(ctx context.Context, w trial.World) error {
	for ctx.Err() == nil && (c.length == 0 || time.Since(c.began) < c.length) {
		i := int(c.next.Add(1)) - 1
		if i >= len(c.todo) {
			return nil
		}
		if err := c.one(ctx, w, c.todo[i]); err != nil {
			return err
		}
	}
	return nil
}

// one plays a seed and keeps what came of it; the log too, where it failed.
func (c *contest) one(ctx context.Context, w trial.World, seed uint64) error {
	var log bytes.Buffer
	f := finished{World: c.world, Seed: seed, Began: time.Now().UTC()}
	var err error
	f.Result, err = w.Run(ctx, seed, &log)
	if ctx.Err() != nil {
		return nil // told to end, so the seed did not come to its end
	}
	if err == nil {
		c.passed.Add(1)
		return c.state.add(f)
	}
	c.failed.Add(1)
	f.Failed = err.Error()
	path := filepath.Join(c.dir, fmt.Sprintf("%s-%d.log", c.world, seed))
	fmt.Fprintf(c.out, "%s: seed %d failed: %v\n  see %s\n  again: %s\n", c.world, seed, err, path, f.again())
	return errors.Join(c.state.add(f), os.WriteFile(path, log.Bytes(), 0o644))
}

// report tells how far it is, now and then, until it is stopped.
func (c *contest) report() (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	start := time.Now()
	go func() {
		defer close(ended)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-end:
				c.tell(start)
				return
			case <-tick.C:
				c.tell(start)
			}
		}
	}()
	return func() { close(end); <-ended }
}

func (c *contest) tell(start time.Time) {
	played := int(c.passed.Load() + c.failed.Load())
	t := sum(c.state.of(c.world))
	strikes := 0
	for _, n := range t.struck {
		strikes += n
	}
	line := fmt.Sprintf("%s: %d seeds done on this commit, %d in this run, %d left, %d failed; %d messages, %d faults struck",
		c.world, t.seeds, played, len(c.todo)-played, len(t.failed), t.messages, strikes)
	if elapsed := time.Since(start); played > 0 && elapsed > 0 {
		each := elapsed / time.Duration(played)
		line += fmt.Sprintf("; %.0f seeds/min, %v to go", 60/each.Seconds(), (each * time.Duration(len(c.todo)-played)).Round(time.Second))
	}
	fmt.Fprintln(c.out, line)
}

// replay plays one seed and prints all that happens.
func replay(ctx context.Context, o options, open opener, out io.Writer) error {
	w, err := open(ctx, o.worlds[0])
	if err != nil {
		return err
	}
	result, err := w.Run(ctx, o.seed, out)
	for _, fault := range sorted(result.Struck) {
		fmt.Fprintf(out, "struck %d times: %s\n", result.Struck[fault], fault)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("seed %d failed: %w", o.seed, err), w.Close())
	}
	fmt.Fprintf(out, "seed %d passed: %d messages, %d outcomes, %d repeated, in %v\n",
		o.seed, result.Messages, result.Outcomes, result.Repeated, result.Took.Round(time.Millisecond))
	return w.Close()
}
