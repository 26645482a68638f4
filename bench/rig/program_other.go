//go:build !linux

package rig

import "syscall"

// childAttributes can't have the kernel end a child with its parent here: if this
// program is killed, its children run on.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
