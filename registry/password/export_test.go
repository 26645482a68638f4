package password

import "context"

// Occupy takes all of a hasher's memory until release is called.
func Occupy(h *Hasher) (release func()) {
	all := max(maxMemory, int64(current.memory))
	if err := h.memory.Acquire(context.Background(), all); err != nil {
		panic(err)
	}
	return func() { h.memory.Release(all) }
}
