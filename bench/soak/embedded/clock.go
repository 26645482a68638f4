package embedded

import (
	"sync"
	"time"
	"unsafe"
)

// A clock is one gateway's. Its wall may be off; its monotonic reading never is.
type clock struct {
	mu    sync.Mutex
	off   time.Duration // guarded by mu; whole seconds
	reads int           // guarded by mu; since it was last set
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads++
	return wallOff(time.Now(), c.off)
}

// reading is what the clock shows at t, and would have shown had it been read then.
func (c *clock) reading(t time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return wallOff(t, c.off)
}

// set moves the wall's reading, which is off by d from then on.
func (c *clock) set(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off, c.reads = d, 0
}

func (c *clock) readings() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reads
}

// wallOff returns t as a process gets it whose machine's wall clock is off by d, whole
// seconds: differences between such times come from the monotonic reading and are true.
// Package time has no way to make one, so this adds to the seconds that it keeps above 30
// bits of nanoseconds in the first word of a time with a monotonic reading.
func wallOff(t time.Time, d time.Duration) time.Time {
	*(*uint64)(unsafe.Pointer(&t)) += uint64(d/time.Second) << 30
	return t
}
