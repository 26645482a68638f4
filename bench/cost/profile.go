package cost

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// A Room is what a function works for, told by a part of its name.
type Room struct{ Name, Part string }

// A Share is a part of the processor time.
type Share struct {
	Of    string
	Share float64
}

// A Reading is where the time of a profile goes.
type Reading struct {
	Rooms     []Share // which part of the work, most first
	Functions []Share // the innermost function, most first
}

// Runtime is the room of samples without a function of another.
const Runtime = "Go's runtime"

// Merge makes one profile of several, each as pprof writes it.
func Merge(raw ...[]byte) (*profile.Profile, error) {
	all := make([]*profile.Profile, len(raw))
	for i, r := range raw {
		var err error
		if all[i], err = profile.ParseData(r); err != nil {
			return nil, fmt.Errorf("read a profile: %w", err)
		}
	}
	merged, err := profile.Merge(all)
	if err != nil {
		return nil, fmt.Errorf("merge profiles: %w", err)
	}
	return merged, nil
}

// Read sums up a CPU profile. A sample counts for the room of its innermost function that
// is in one: copying and allocating count for whoever has it done. Of a function's rooms
// the first listed counts.
func Read(p *profile.Profile, rooms []Room) Reading {
	byRoom, byFunction := make(map[string]int64), make(map[string]int64)
	var total int64
	for _, s := range p.Sample {
		frames := framesOf(s)
		if len(frames) == 0 {
			continue
		}
		total += s.Value[0]
		byRoom[room(frames, rooms)] += s.Value[0]
		byFunction[short(frames[0])] += s.Value[0]
	}
	return Reading{Rooms: shares(byRoom, total), Functions: shares(byFunction, total)}
}

// framesOf names a sample's functions, the innermost first, inlined ones apart.
func framesOf(s *profile.Sample) []string {
	var names []string
	for _, location := range s.Location {
		for _, line := range location.Line {
			names = append(names, line.Function.Name)
		}
	}
	return names
}

func room(frames []string, rooms []Room) string {
	for _, frame := range frames {
		for _, r := range rooms {
			if strings.Contains(frame, r.Part) {
				return r.Name
			}
		}
	}
	return Runtime
}

// short is a function's name without the path of its package.
func short(function string) string { return function[strings.LastIndexByte(function, '/')+1:] }

func shares(counts map[string]int64, total int64) []Share {
	var all []Share
	for name, count := range counts {
		all = append(all, Share{name, float64(count) / float64(total)})
	}
	slices.SortFunc(all, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Of, b.Of))
	})
	return all
}
