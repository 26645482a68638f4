package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

var errNotConfirmed = errors.New("not confirmed, nothing was changed")

// confirm asks before something that can't be undone. Without a terminal there is
// nobody to ask, and only yes (--yes) goes on.
func (t *tool) confirm(question string, yes bool) error {
	if yes {
		return nil
	}
	if !t.atTerminal() {
		return advise(errNotConfirmed, "there is no terminal to ask on: give --yes")
	}
	fmt.Fprintf(t.stderr, "%s [y/N] ", question)
	answer, err := readLine(t.stdin)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(answer) {
	case "y", "yes", "是":
		return nil
	}
	return &refusal{errNotConfirmed}
}

// secretLine reads one line that must not be seen: from a file, from standard input
// for "-", or, at a terminal, typed without echo where no file is named.
func (t *tool) secretLine(file, what string) (string, error) {
	if file != "" {
		data, err := t.read(file, maxKeyFile)
		if err != nil {
			return "", err
		}
		line, _, _ := strings.Cut(string(data), "\n")
		return strings.TrimSpace(line), nil
	}
	terminal, ok := t.stdin.(*os.File)
	if !ok || !t.atTerminal() {
		return "", advise(fmt.Errorf("%s is missing", what), "there is no terminal to ask on: give it in a file, or - for standard input")
	}
	fmt.Fprintf(t.stderr, "%s (not shown): ", what)
	line, err := term.ReadPassword(int(terminal.Fd()))
	fmt.Fprintln(t.stderr)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", what, err)
	}
	return strings.TrimSpace(string(line)), nil
}

// atTerminal reports whether a person can answer on standard input.
func (t *tool) atTerminal() bool {
	f, ok := t.stdin.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil && (err != io.EOF || line == "") {
		return "", err
	}
	return strings.TrimSpace(line), nil
}
