//go:build !purego

package pkcs1

import "golang.org/x/sys/cpu"

//go:generate go run ./internal/lockstep -out lockstep_amd64.s -stubs lockstep_stubs_amd64.go -pkg pkcs1

// hasLockstep says whether eight numbers can go in lockstep; chosen once, at the start.
var hasLockstep = cpu.X86.HasAVX512F && cpu.X86.HasAVX512IFMA
