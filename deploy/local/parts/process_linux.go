package parts

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// endWithParent has the kernel signal the child when its parent is gone, even killed.
func endWithParent(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }

// startTime returns when a living process started, in clock ticks since boot. A zombie
// counts as gone: nobody may be there to reap it.
func startTime(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	// proc(5): "pid (name) state ppid ...", where the name may hold blanks and
	// parentheses; the start time is field 22, the state field 3.
	_, rest, _ := strings.Cut(string(stat[max(0, strings.LastIndexByte(string(stat), ')')):]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return "", os.ErrProcessDone
	}
	return fields[19], nil
}
