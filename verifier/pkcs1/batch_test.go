package pkcs1

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// sampleKeys are of every size that goes together, several of one, and one that goes alone.
var sampleKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	var all []*rsa.PrivateKey
	for _, bits := range []int{2048, 2048, 2048, 2056, 3072, 3072, 4096} {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			panic(err)
		}
		all = append(all, key)
	}
	return all
})

// A trial is a check with the answer that is due.
type trial struct {
	Check
	want bool
}

// faults spoil a signature.
var faults = []func(k *rsa.PrivateKey, c *Check){
	func(_ *rsa.PrivateKey, c *Check) { c.Signature[len(c.Signature)/2] ^= 1 },
	func(_ *rsa.PrivateKey, c *Check) { c.Digest = slices.Repeat([]byte{7}, len(c.Digest)) },
	func(_ *rsa.PrivateKey, c *Check) { c.Signature = c.Signature[1:] },
	func(_ *rsa.PrivateKey, c *Check) { c.Signature = append([]byte{0}, c.Signature...) },
	func(_ *rsa.PrivateKey, c *Check) { clear(c.Signature) },
	func(_ *rsa.PrivateKey, c *Check) { c.Signature[len(c.Signature)-1], c.Signature[0] = 1, 0 },
	func(k *rsa.PrivateKey, c *Check) { c.Signature = k.N.FillBytes(make([]byte, k.Size())) },
	func(k *rsa.PrivateKey, c *Check) { c.Signature = bytes.Repeat([]byte{0xff}, k.Size()) },
	func(_ *rsa.PrivateKey, c *Check) {
		if c.Hash++; c.Hash > crypto.SHA512 {
			c.Hash = crypto.SHA256
		}
	},
	func(_ *rsa.PrivateKey, c *Check) { c.Hash = crypto.MD5 },
	func(_ *rsa.PrivateKey, c *Check) { c.Signature, c.Digest = nil, nil },
}

// trials are checks of all keys and hashes, and each of them with each fault.
func trials(t testing.TB) []trial {
	t.Helper()
	var all []trial
	for i, private := range sampleKeys() {
		key, err := Prepare(&private.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			digest := digestOf(hash, []byte{byte(i)})
			signature, err := rsa.SignPKCS1v15(nil, private, hash, digest)
			if err != nil {
				t.Fatal(err)
			}
			good := Check{Key: key, Hash: hash, Digest: digest, Signature: signature}
			all = append(all, trial{good, true})
			for _, spoil := range faults {
				bad := good
				bad.Signature = bytes.Clone(signature)
				spoil(private, &bad)
				all = append(all, trial{bad, false})
			}
		}
	}
	return all
}

func checkTrials(t *testing.T, all []trial) {
	t.Helper()
	checks, ok := make([]Check, len(all)), make([]bool, len(all))
	for i := range all {
		checks[i], ok[i] = all[i].Check, !all[i].want
	}
	Verify(checks, ok)
	for i := range all {
		if ok[i] != all[i].want {
			t.Errorf("check %d of %d, of %d bytes by %v: %v", i, len(all), len(checks[i].Signature), checks[i].Hash, ok[i])
		}
	}
}

// TestFaults: each check gets its answer, alone and with all the others.
func TestFaults(t *testing.T) {
	all := trials(t)
	checkTrials(t, all)
	for i := range all {
		checkTrials(t, all[i:i+1])
	}
	checkTrials(t, nil)
}

// TestNoAnswerDependsOnANeighbour: whatever is verified together, in whatever order, each
// check gets its own answer.
func TestNoAnswerDependsOnANeighbour(t *testing.T) {
	all := trials(t)
	random := mathrand.New(mathrand.NewPCG(8, 8))
	for range 300 {
		some := make([]trial, random.IntN(30))
		for i := range some {
			some[i] = all[random.IntN(len(all))]
		}
		checkTrials(t, some)
	}
}

// TestOneBadAmongGood puts a bad one at each place among good ones, for every size and
// every fill.
func TestOneBadAmongGood(t *testing.T) {
	for _, private := range sampleKeys() {
		key, err := Prepare(&private.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		digest := digestOf(crypto.SHA256, nil)
		signature, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, digest)
		if err != nil {
			t.Fatal(err)
		}
		good := trial{Check{Key: key, Hash: crypto.SHA256, Digest: digest, Signature: signature}, true}
		bad := good
		bad.Signature, bad.want = bytes.Clone(signature), false
		bad.Signature[len(signature)-1] ^= 1
		for fill := 1; fill <= 2*lanes; fill++ {
			for at := range fill {
				some := slices.Repeat([]trial{good}, fill)
				some[at] = bad
				checkTrials(t, some)
			}
		}
	}
}

// FuzzVerify holds every arithmetic against crypto/rsa, for any signature and digest.
func FuzzVerify(f *testing.F) {
	for i := range sampleKeys() {
		f.Add(uint8(i), []byte("digest"), []byte("signature"), true)
		f.Add(uint8(i), []byte("digest"), []byte{1}, false)
	}
	hashes := []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512}
	f.Fuzz(func(t *testing.T, which uint8, message, change []byte, front bool) {
		private := sampleKeys()[int(which)%len(sampleKeys())]
		hash := hashes[int(which)/len(sampleKeys())%len(hashes)]
		digest := digestOf(hash, message)
		signature, err := rsa.SignPKCS1v15(nil, private, hash, digest)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range change {
			if i >= len(signature) {
				signature = append(signature, c)
			} else if front {
				signature[i] ^= c
			} else {
				signature[len(signature)-1-i] ^= c
			}
		}
		want := rsa.VerifyPKCS1v15(&private.PublicKey, hash, digest, signature) == nil
		for name, holds := range judges(t, &private.PublicKey) {
			if got := holds(hash, digest, signature); got != want {
				t.Errorf("%s says %v, crypto/rsa %v of %x", name, got, want, signature)
			}
		}
	})
}
