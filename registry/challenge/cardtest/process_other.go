//go:build !linux

package cardtest

import "os/exec"

func endWithParent(*exec.Cmd) {}
