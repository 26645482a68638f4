package embedded

import (
	"sync"
	"time"
	"unsafe"
)

// A clock is one gateway's. Its wall may be off; its monotonic reading stands still while
// the machine is suspended, and never is off otherwise.
type clock struct {
	mu     sync.Mutex
	off    time.Duration // guarded by mu; of the wall, whole seconds
	behind time.Duration // guarded by mu; of the monotonic reading, whole seconds
	woken  time.Time     // guarded by mu; since when it is behind
	reads  int           // guarded by mu; since it was last set
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	c.reads++
	c.mu.Unlock()
	return c.reading(time.Now())
}

// reading is what the clock shows at t.
func (c *clock) reading(t time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.Before(c.woken) {
		return wallOff(t, c.off)
	}
	return wallOff(t.Add(-c.behind), c.off+c.behind)
}

// set moves the wall's reading, which is off by d from then on.
func (c *clock) set(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off, c.reads = d, 0
}

// slept says that the machine was suspended for that long until now, in whole seconds.
func (c *clock) slept(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.behind, c.woken = d, time.Now()
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
