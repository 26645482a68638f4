package main

import (
	"fmt"
	"strings"
)

// choose returns those of all, in their order, that a comma-separated list names, or all if it
// is empty. A name that none has is an error: nobody asked for nothing.
func choose[T any](all []T, name func(T) string, list string) (chosen []T, err error) {
	if list == "" {
		return all, nil
	}
	wanted := make(map[string]bool)
	for named := range strings.SplitSeq(list, ",") {
		wanted[strings.TrimSpace(named)] = true
	}
	for _, one := range all {
		if wanted[name(one)] {
			chosen = append(chosen, one)
			delete(wanted, name(one))
		}
	}
	for unknown := range wanted {
		return nil, fmt.Errorf("nothing is called %q: there are %s", unknown, namesOf(all, name, ", "))
	}
	return chosen, nil
}

func namesOf[T any](all []T, name func(T) string, between string) string {
	var names []string
	for _, one := range all {
		names = append(names, name(one))
	}
	return strings.Join(names, between)
}
