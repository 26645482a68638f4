package embedded

import (
	"bytes"
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"
)

// A short selection of seeds: `make soak` plays the others.
func TestSeeds(t *testing.T) {
	w := newWorld(t)
	together(24, func(i int) {
		seed := 1 + 4*uint64(i) // seeds in a row begin with kinds of faults in a row
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			var log bytes.Buffer
			if _, err := w.Run(t.Context(), seed, &log); err != nil {
				t.Errorf("%v\n%s", err, log.String())
			}
		})
	})
}

// together does n things, more at once than there are cores: trials mostly wait.
func together(n int, do func(i int)) {
	var all errgroup.Group
	all.SetLimit(8)
	for i := range n {
		all.Go(func() error { do(i); return nil })
	}
	all.Wait()
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
