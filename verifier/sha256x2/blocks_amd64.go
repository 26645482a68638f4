//go:build !purego

package sha256x2

import "golang.org/x/sys/cpu"

//go:generate go run ./internal/blocks -out blocks_amd64.s -stubs blocks_stubs_amd64.go -pkg sha256x2

// hasBlocks says whether the processor has the SHA extensions; chosen once, at the start.
var hasBlocks = cpu.X86.HasSSE41 && cpu.X86.HasSSSE3 && hasSHA()
