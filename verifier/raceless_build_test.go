//go:build !race

package verifier

const raceBuild = false
