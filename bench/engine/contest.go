package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"turnkey-gateway/bench/page"
	"turnkey-gateway/bench/place"
	"turnkey-gateway/verifier/signer"
)

// A course is how thoroughly is measured.
type course struct {
	sizes  []int
	bits   []int         // of the keys that sign 8 KB beside 2048
	rounds int           // each goes through all entries
	slice  time.Duration // of processor time, for one entry in one round
	warm   int           // verifications that Java may compile in
	scale  int           // divides the hostile shapes' size
}

var (
	full = course{
		sizes: []int{size3K, size8K, size77K, size180K, size959K, size10M}, bits: []int{3072, 4096},
		rounds: 5, slice: 150 * time.Millisecond, warm: 5_000, scale: 1,
	}
	// quick only shows that all works.
	quick = course{sizes: []int{size3K, size8K}, bits: []int{3072}, rounds: 1, slice: 2 * time.Millisecond, warm: 1, scale: 100}
)

// Who is measured beside the peers.
const (
	engineReading    = "this engine, reading alone"
	declarationShape = "the 8 KB declaration"
)

// rsaNames are those whose RSA is measured alone, in this process.
var rsaNames = []string{rsaPlain, rsaAlone, rsaTogether}

// contest makes the documents, has every peer prove itself, and measures. Files go to
// dir; progress is told to say.
func contest(ctx context.Context, c course, dir string, say func(string, ...any)) (*results, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	r := &results{begun: time.Now(), commit: place.Commit(), load: place.Load()}
	own, err := newOurs(r.begun)
	if err != nil {
		return nil, err
	}
	s, err := newSheaf(dir, r.begun)
	if err != nil {
		return nil, err
	}
	if err := r.makeDocuments(c, s); err != nil {
		return nil, err
	}
	if err := r.gather(dir, own); err != nil {
		return nil, err
	}
	defer r.dismiss()
	steps := []struct {
		about string
		run   func() error
	}{
		{"every peer proves itself", func() error { return r.prove() }},
		{"peers and floors", func() error { return r.measureTimes(ctx, c, own, s) }},
		{"batches", func() error { return r.measureBatches(ctx, c, own) }},
		{"hostile shapes", func() error { return r.measureShapes(ctx, c, own, s) }},
		{"two cores", func() error { return r.measureCores(c, own) }},
		{"memory", func() error { return r.measureMemory(own) }},
		{"profiles", func() error { return r.readProfiles(c, own) }},
	}
	for _, step := range steps {
		say("%4.0f s  %s", time.Since(r.begun).Seconds(), step.about)
		if err := step.run(); err != nil {
			return nil, fmt.Errorf("%s: %w", step.about, err)
		}
	}
	return r, ctx.Err()
}

func (r *results) makeDocuments(c course, s *sheaf) error {
	type kind struct{ size, bits int }
	var kinds []kind
	for _, size := range c.sizes {
		kinds = append(kinds, kind{size, 2048})
	}
	for _, bits := range c.bits {
		kinds = append(kinds, kind{size8K, bits})
	}
	for _, k := range kinds {
		for _, method := range []signer.Method{signer.C14N10, signer.Exclusive} {
			d, err := s.document(k.size, method, k.bits)
			if err != nil {
				return err
			}
			r.docs = append(r.docs, d)
		}
	}
	return nil
}

// gather finds the peers that are installed.
func (r *results) gather(dir string, own *ours) error {
	r.peers = []peer{own, newGoxmldsig(r.begun)}
	if x := newXmlsec(); x != nil {
		r.peers = append(r.peers, x)
	} else {
		r.missing = append(r.missing, "xmlsec1")
	}
	switch j, err := newJDK(dir); {
	case err != nil:
		return err
	case j != nil:
		r.peers = append(r.peers, j)
	default:
		r.missing = append(r.missing, "JDK")
	}
	return nil
}

func (r *results) dismiss() {
	for _, p := range r.peers {
		if err := p.close(); err != nil {
			fmt.Fprintf(os.Stderr, "engine: end %s: %v\n", p.name(), err)
		}
	}
}

func (r *results) prove() error {
	for _, p := range r.peers {
		verified, refused, err := prove(p, r.docs)
		if err != nil {
			return err
		}
		r.proofs = append(r.proofs, proof{p.name(), verified, refused})
	}
	return nil
}

func (r *results) measureTimes(ctx context.Context, c course, own *ours, s *sheaf) error {
	for _, d := range r.docs {
		for _, p := range r.peers {
			if p.skips(d) == "" {
				r.times = append(r.times, &entry{who: p.name(), what: d.name(), run: p.run(d)})
			}
		}
		sender := d.holder.sender()
		canonical := own.engine.Read(d.signed).Judge(sender, own.at).SignedBytes()
		r.times = append(r.times,
			&entry{who: engineReading, what: d.name(), run: within(own.reading(d.signed))},
			&entry{who: floorDigest, what: d.name(), run: within(digest(canonical))},
			&entry{who: floorScan, what: d.name(), run: within(scan(d.signed))})
	}
	for _, bits := range append([]int{2048}, c.bits...) {
		h, err := s.holder(bits)
		if err != nil {
			return err
		}
		verify, err := verifications(h)
		if err != nil {
			return err
		}
		for _, who := range rsaNames {
			r.times = append(r.times, &entry{who: who, what: rsaText(bits), run: within(verify[who]), each: map[string]int{rsaTogether: lanes}[who]})
		}
	}
	if err := r.warm(c); err != nil {
		return err
	}
	if err := r.times.measure(ctx, c.rounds, c.slice); err != nil {
		return err
	}
	var err error
	r.openssl, err = opensslRSA()
	return err
}

// warm has everybody verify small documents often, so that what is compiled while it
// runs is compiled.
func (r *results) warm(c course) error {
	for _, d := range r.of(size8K) {
		for _, e := range r.times {
			if e.who == "JDK" && e.what == d.name() {
				if _, err := e.run(c.warm); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r *results) measureShapes(ctx context.Context, c course, own *ours, s *sheaf) error {
	shapes, err := s.shapes(c.scale)
	if err != nil {
		return err
	}
	r.shapes = shapes
	plain := r.document(size8K, signer.C14N10)
	r.hostile = table{{who: engineName, what: declarationShape, run: own.run(plain)}}
	for _, sh := range shapes {
		sender := sh.holder.sender()
		sh.reason = own.engine.Read(sh.doc).Judge(sender, own.at).Reason()
		r.hostile = append(r.hostile, &entry{who: engineName, what: sh.name, run: within(func() error {
			if got := own.engine.Read(sh.doc).Judge(sender, own.at).Reason(); got != sh.reason {
				return fmt.Errorf("judged %v, then %v", sh.reason, got)
			}
			return nil
		})})
	}
	return r.hostile.measure(ctx, c.rounds, c.slice/2)
}

func (r *results) measureCores(c course, own *ours) error {
	if runtime.NumCPU() < 2 {
		return nil
	}
	for _, size := range []int{size8K, size959K} {
		d := r.document(size, signer.C14N10)
		if d == nil {
			continue
		}
		s, err := measureCores(d.name(), own.judging(d), c.rounds, 2*c.slice)
		if err != nil {
			return err
		}
		r.scalings = append(r.scalings, s)
	}
	return nil
}

func (r *results) measureMemory(own *ours) error {
	r.memory = memory{counts: make(map[string]float64), bytes: make(map[string]float64)}
	for _, d := range r.docs {
		count, bytes, err := allocations(own.judging(d))
		if err != nil {
			return err
		}
		r.memory.counts[d.name()], r.memory.bytes[d.name()] = count, bytes
	}
	largest := r.docs[0]
	for _, d := range r.docs {
		if d.size > largest.size {
			largest = d
		}
	}
	cold, err := newOurs(r.begun)
	if err != nil {
		return err
	}
	r.memory.of = largest.name()
	_, r.memory.cold, err = allocated(cold.judging(largest), 0, 1)
	return err
}

// profiledBatch is the batch whose goals are set.
const profiledBatch = 8

func (r *results) readProfiles(c course, own *ours) error {
	for _, size := range []int{size8K, size959K} {
		for _, method := range []signer.Method{signer.C14N10, signer.Exclusive} {
			d := r.document(size, method)
			if d == nil {
				continue
			}
			alone, err := readProfile(d.name(), own.judging(d), 20*c.slice)
			if err != nil {
				return err
			}
			together, err := readProfile(batchName(d, profiledBatch), own.together(d, profiledBatch), 20*c.slice)
			if err != nil {
				return err
			}
			r.readings = append(r.readings, alone, together)
		}
	}
	return nil
}

// file writes the page and its plots, named after the day.
func (r *results) file(dir string) (path string, err error) {
	name := r.begun.UTC().Format("2006-01-02") + "-engine"
	var names []string
	for _, f := range []struct {
		suffix string
		figure page.Figure
	}{{"", r.bySize()}, {"-batch", r.byBatch()}} {
		drawing, err := f.figure.Draw()
		if err != nil {
			return "", err
		}
		names = append(names, name+f.suffix+".svg")
		if err := os.WriteFile(filepath.Join(dir, name+f.suffix+".svg"), drawing, 0o644); err != nil {
			return "", err
		}
	}
	path = filepath.Join(dir, name+".md")
	return path, os.WriteFile(path, []byte(r.page(names...)), 0o644)
}
