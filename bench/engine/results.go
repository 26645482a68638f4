package main

import (
	"time"

	"turnkey-gateway/verifier/signer"
)

// Sizes of the declarations, in bytes.
const (
	size3K   = 3 << 10
	size8K   = 8 << 10
	size77K  = 77 << 10
	size180K = 180 << 10
	size959K = 959 << 10
	size10M  = 10 << 20
)

// results are all that was measured.
type results struct {
	begun   time.Time
	commit  string
	load    string // the machine's, then
	docs    []*document
	peers   []peer
	missing []string // peers that are not installed
	proofs  []proof

	times   table // of peers and floors, by document
	openssl map[int]time.Duration
	batches table // of the engine, by document and batch

	shapes  []*shape
	hostile table // of the engine, by shape, and by the declaration that they are held against

	scalings []scaling
	memory   memory
	readings []reading
}

// A proof is how many documents a peer verified, and how many forgeries it refused.
type proof struct {
	who               string
	verified, refused int
}

// memory is what the engine allocates.
type memory struct {
	counts map[string]float64 // of one verification, warm, by document
	bytes  map[string]float64
	cold   float64 // bytes of an engine's very first verification, of the largest document
	of     string  // that document
}

// of returns the documents of a size signed with RSA-2048, in both methods.
func (r *results) of(size int) []*document { return r.signedBy(size, 2048) }

// signedBy returns those signed with a key of so many bits.
func (r *results) signedBy(size, bits int) []*document {
	var found []*document
	for _, d := range r.docs {
		if d.size == size && d.holder.bits == bits {
			found = append(found, d)
		}
	}
	return found
}

func (r *results) document(size int, method signer.Method) *document {
	for _, d := range r.of(size) {
		if d.method == method {
			return d
		}
	}
	return nil
}

// cost is what a document takes somebody, in nanoseconds; 0 where it was not measured.
func (r *results) cost(who string, d *document) float64 {
	if e := r.times.of(who, d.name()); e != nil {
		return e.cost()
	}
	return 0
}

// slowest is what the engine takes for the slower method of a size.
func (r *results) slowest(who string, size int) float64 {
	var most float64
	for _, d := range r.of(size) {
		most = max(most, r.cost(who, d))
	}
	return most
}

// lead is how many times as long as the engine a peer takes, for the method where that
// is less.
func (r *results) lead(who string, size int) float64 {
	var least float64
	for _, d := range r.of(size) {
		theirs, own := r.cost(who, d), r.cost(engineName, d)
		if theirs > 0 && own > 0 && (least == 0 || theirs/own < least) {
			least = theirs / own
		}
	}
	return least
}

// perByte is what the engine takes for a byte of a size, in nanoseconds.
func (r *results) perByte(size int) float64 {
	var most float64
	for _, d := range r.of(size) {
		most = max(most, r.cost(engineName, d)/float64(len(d.signed)))
	}
	return most
}

// floor is what verifying a document alone takes at least: RSA with a prepared key, the
// digest of its canonical form, and a look at each byte.
func (r *results) floor(d *document) float64 {
	var rsa float64
	if e := r.times.of(rsaAlone, rsaText(d.holder.bits)); e != nil {
		rsa = e.cost()
	}
	return rsa + r.cost(floorDigest, d) + r.cost(floorScan, d)
}

// worstShape is the shape that costs most a byte, as a multiple of the declaration's
// byte.
func (r *results) worstShape() (name string, ratio float64) {
	for _, s := range r.shapes {
		if of := r.shapeRatio(s); of > ratio {
			name, ratio = s.name, of
		}
	}
	return name, ratio
}

func (r *results) shapeRatio(s *shape) float64 {
	shaped, plain := r.hostile.of(engineName, s.name), r.hostile.of(engineName, declarationShape)
	if shaped == nil || plain == nil || plain.cost() == 0 {
		return 0
	}
	return shaped.cost() / float64(len(s.doc)) / (plain.cost() / float64(len(r.document(size8K, signer.C14N10).signed)))
}
