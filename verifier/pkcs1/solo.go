package pkcs1

import "sync"

// A solo is one exponentiation by 65537 with the arithmetic of the lockstep, its numbers'
// limbs side by side. It takes a fifth of a lockstep's time.
type solo struct {
	z, s [soloLimbs]uint64
}

var solos = sync.Pool{New: func() any { return new(solo) }}

// soloLimbs are those of the largest number, in whole vectors of eight.
const soloLimbs = maxBlocks * blockLimbs

// raise sets z to s^65537 mod n, or that plus n; as lockstep.raise does, whose bounds hold
// here too.
func (x *solo) raise(k *wide, number []byte) {
	var p padded
	p.set(number)
	for i := range k.n {
		x.s[i] = p.limb(i)
	}
	clear(x.s[len(k.n):]) // a longer number may have been here
	z, s := &x.z[0], &x.s[0]
	k.multiply(z, s, s)
	for range 15 {
		k.multiply(z, z, z)
	}
	k.multiply(z, z, s)
	k.multiply(z, z, &k.unwind[0])
}

func (k *wide) multiply(z, x, y *uint64) {
	switch n, down := &k.n[0], &k.down[0]; k.blocks {
	case 8:
		soloMultiply5(z, x, y, n, down, k.factor, 8*blockLimbs)
	case 12:
		soloMultiply8(z, x, y, n, down, k.factor, 12*blockLimbs)
	case maxBlocks:
		soloMultiply10(z, x, y, n, down, k.factor, maxBlocks*blockLimbs)
	}
}
