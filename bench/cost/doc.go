// Package cost tells what things cost of the processor: what a process used, and, from a
// profile, what for.
package cost
