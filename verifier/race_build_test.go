//go:build race

package verifier

// raceBuild: a sync.Pool of the race detector drops a part of what it is given, so that more
// is allocated.
const raceBuild = true
