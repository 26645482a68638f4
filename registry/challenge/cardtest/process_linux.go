package cardtest

import (
	"os/exec"
	"syscall"
)

// endWithParent has the kernel end the child when the test program is gone, even killed.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
