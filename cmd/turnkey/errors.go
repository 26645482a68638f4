package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// An exitStatus ends a command that has already said all there is to say.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// A refusal is a "no": the question was understood and answered. Every other error
// means that nobody knows.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }

func refuse(format string, args ...any) error {
	return &refusal{fmt.Errorf(format, args...)}
}

// An advisedError carries a line or two on how to mend what went wrong.
type advisedError struct {
	error
	advice string
}

func (a *advisedError) Unwrap() error { return a.error }

func advise(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &advisedError{err, fmt.Sprintf(format, args...)}
}

// misuse is an error in how a command was called; it points at that command's help.
func misuse(cmd *cobra.Command, format string, args ...any) error {
	return advise(fmt.Errorf(format, args...), "see: %s --help", cmd.CommandPath())
}

// onlySubcommands is what a command does that does nothing by itself: show its help.
func onlySubcommands(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		cmd.SuggestionsMinimumDistance = 2
		if alike := cmd.SuggestionsFor(args[0]); len(alike) > 0 {
			return misuse(cmd, "unknown command %q: did you mean %s?", args[0], strings.Join(alike, " or "))
		}
		return misuse(cmd, "unknown command %q", args[0])
	}
	return cmd.Help()
}

// wantArgs checks the number of arguments and says in words what was wanted.
func wantArgs(min, max int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < min:
			return misuse(cmd, "%s is missing", what)
		case max >= 0 && len(args) > max:
			return misuse(cmd, "too many arguments: %q (wanted %s)", args[max:], what)
		}
		return nil
	}
}
