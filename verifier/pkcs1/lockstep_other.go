//go:build !amd64 || purego

package pkcs1

const hasLockstep = false

func square(t, a *uint64, blocks int) { panic("pkcs1: no lockstep on this machine") }

func multiply(t, a, b *uint64, blocks int) { panic("pkcs1: no lockstep on this machine") }

func reduce(z, t, n, factor *uint64, blocks int) { panic("pkcs1: no lockstep on this machine") }

func soloMultiply5(z, a, b, n, down *uint64, factor uint64, limbs int) {
	panic("pkcs1: no lockstep on this machine")
}
func soloMultiply8(z, a, b, n, down *uint64, factor uint64, limbs int) {
	panic("pkcs1: no lockstep on this machine")
}
func soloMultiply10(z, a, b, n, down *uint64, factor uint64, limbs int) {
	panic("pkcs1: no lockstep on this machine")
}
