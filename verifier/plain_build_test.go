//go:build purego || !amd64

package verifier

const plainBuild = true
