package cost

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Of returns what a process has used of all cores, to the nanosecond: the
// clock of clock_getcpuclockid(3). Ticks of /proc/pid/stat are too coarse here.
func Of(pid int) (time.Duration, error) {
	const scheduler = 2 // CPUCLOCK_SCHED
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduler), &t); err != nil {
		return 0, fmt.Errorf("read the processor time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// Own returns what this process has used.
func Own() (time.Duration, error) { return Of(os.Getpid()) }
