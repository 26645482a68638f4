package embedded

import (
	"bytes"
	"fmt"
	"testing"
)

// A short selection of seeds: `make soak` plays the others.
func TestSeeds(t *testing.T) {
	w := newWorld(t)
	for i := range uint64(24) {
		seed := 1 + 4*i // seeds in a row begin with kinds of faults in a row
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			if _, err := w.Run(t.Context(), seed, &log); err != nil {
				t.Errorf("%v\n%s", err, log.String())
			}
		})
	}
}

func newWorld(t *testing.T) *World {
	t.Helper()
	w, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}
