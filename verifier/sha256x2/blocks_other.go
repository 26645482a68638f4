//go:build !amd64 || purego

package sha256x2

const hasBlocks = false

func blocks1(a *[8]uint32, texta *byte, blocks int) { panic("sha256x2: no blocks on this machine") }

func blocks2(a *[8]uint32, texta *byte, b *[8]uint32, textb *byte, blocks int) {
	panic("sha256x2: no blocks on this machine")
}
