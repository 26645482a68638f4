package hostile

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Resident returns the memory of a process that is resident now, and the most that was
// since it began or since [ForgetPeak], in bytes. It reads Linux's /proc.
func Resident(pid int) (now, peak int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, fmt.Errorf("read a process's memory: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		into := map[string]*int64{"VmRSS": &now, "VmHWM": &peak}[name]
		if into == nil {
			continue
		}
		kibi, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("read a process's memory: %w", err)
		}
		*into = kibi << 10
	}
	if now == 0 || peak == 0 {
		return 0, 0, fmt.Errorf("read a process's memory: process %d has none", pid)
	}
	return now, peak, nil
}

// ForgetPeak makes a process's peak begin anew.
func ForgetPeak(pid int) error {
	const peak = "5" // proc(5), clear_refs
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte(peak), 0); err != nil {
		return fmt.Errorf("forget a process's peak of memory: %w", err)
	}
	return nil
}
