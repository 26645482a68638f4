package cost

import (
	"fmt"
	"os"
	"strconv"
	"strings"
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

// tick is the unit of /proc/stat: USER_HZ, which is 100 wherever Go runs.
const tick = 10 * time.Millisecond

// Machine returns what all that runs here has used of all cores, to 10 ms a core: what
// /proc/stat counts as neither idle, nor waiting for a disk, nor another machine's.
func Machine() (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("read the machine's processor time: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line) // cpu, user, nice, system, idle, iowait, irq, softirq, steal, ...
	if len(fields) < 8 || fields[0] != "cpu" {
		return 0, fmt.Errorf("read the machine's processor time: /proc/stat begins with %q", line)
	}
	var used int64
	for _, i := range []int{1, 2, 3, 6, 7} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read the machine's processor time: %w", err)
		}
		used += n
	}
	return time.Duration(used) * tick, nil
}
