package main

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// xmlsec is the program xmlsec1, over libxml2 and OpenSSL.
type xmlsec struct{ program string }

// newXmlsec returns nil where it is not installed.
func newXmlsec() *xmlsec {
	program, err := exec.LookPath("xmlsec1")
	if err != nil {
		return nil
	}
	return &xmlsec{program}
}

func (x *xmlsec) name() string           { return "xmlsec1" }
func (x *xmlsec) version() string        { return firstLine(x.program, "--version") }
func (x *xmlsec) skips(*document) string { return "" }
func (x *xmlsec) close() error           { return nil }

func (x *xmlsec) verifies(d *document, f *forgery) (bool, error) {
	path := d.path
	if f != nil {
		path = f.path
	}
	cmd := x.command(d, path, 1)
	out, err := cmd.CombinedOutput()
	var status *exec.ExitError
	switch {
	case err == nil:
		return true, nil
	case errors.As(err, &status) && strings.Contains(string(out), "failed to verify file"):
		return false, nil
	}
	return false, fmt.Errorf("%w: %s", err, out)
}

// command verifies a file so often. The key is given; without "rsa" xmlsec1 would try to
// build a chain for the certificate in KeyInfo as well, which costs it half as much again.
func (x *xmlsec) command(d *document, path string, times int) *exec.Cmd {
	return pinned(x.program, "--verify", "--enabled-key-data", "rsa", "--pubkey-cert-pem", d.holder.certificatePath,
		"--repeat", strconv.Itoa(times), path)
}

// run takes the difference between one verification and times more, which is free of
// what it takes to start.
func (x *xmlsec) run(d *document) func(int) (time.Duration, error) {
	return func(times int) (time.Duration, error) {
		one, err := x.time(d, 1)
		if err != nil {
			return 0, err
		}
		more, err := x.time(d, 1+times)
		return max(0, more-one), err
	}
}

func (x *xmlsec) time(d *document, times int) (time.Duration, error) {
	cmd := x.command(d, d.path, times)
	if err := cmd.Run(); err != nil {
		return 0, err
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// firstLine is the first line of what a program prints.
func firstLine(program string, args ...string) string {
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		return program + " of an unknown version"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line)
}
