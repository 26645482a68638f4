//go:build !linux

package place

// FileSystem isn't known: only Linux is asked.
func FileSystem(string) string { return "an unknown file system" }
