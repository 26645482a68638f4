package page

import (
	"fmt"
	"time"
)

// Times writes a ratio.
func Times(n float64) string { return fmt.Sprintf("%.3g x", n) }

// Rate writes MB/s, of 10^6 bytes.
func Rate(n float64) string { return fmt.Sprintf("%.3g MB/s", n) }

// Bytes writes a size in memory.
func Bytes(n float64) string {
	if n < 10<<10 {
		return fmt.Sprintf("%.0f B", n)
	}
	return fmt.Sprintf("%.0f KB", n/(1<<10))
}

// Time writes nanoseconds with three digits; - for none.
func Time(ns float64) string {
	switch {
	case ns <= 0:
		return "-"
	case ns < 1e3:
		return fmt.Sprintf("%.3g ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	case ns < 1e9:
		return fmt.Sprintf("%.3g ms", ns/1e6)
	}
	return fmt.Sprintf("%.3g s", time.Duration(ns).Seconds())
}

// Size writes what a document has, in KB or MB of 2^10 and 2^20 bytes.
func Size(bytes int) string {
	if bytes >= 1<<20 {
		return fmt.Sprintf("%d MB", bytes>>20)
	}
	return fmt.Sprintf("%d KB", bytes>>10)
}

// Share writes a part of a whole.
func Share(part float64) string { return fmt.Sprintf("%.1f %%", 100*part) }
