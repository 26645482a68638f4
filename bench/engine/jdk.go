package main

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"turnkey-gateway/bench/cost"
)

//go:embed Peer.java
var peerSource []byte

// jdk is Peer.java in a Java virtual machine that stays up, so that what it compiled
// stays compiled.
type jdk struct {
	program string
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// newJDK returns nil where there is no Java.
func newJDK(dir string) (*jdk, error) {
	program, err := exec.LookPath("java")
	if err != nil {
		return nil, nil
	}
	source := filepath.Join(dir, "Peer.java")
	if err := os.WriteFile(source, peerSource, 0o600); err != nil {
		return nil, err
	}
	j := &jdk{program: program, cmd: pinned(program, source)}
	j.cmd.Stderr = os.Stderr
	if j.in, err = j.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := j.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	j.out = bufio.NewReader(out)
	if err := j.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	return j, nil
}

func (j *jdk) name() string           { return "JDK" }
func (j *jdk) version() string        { return firstLine(j.program, "--version") }
func (j *jdk) skips(*document) string { return "" }

// close lets it read the end of its input, at which it ends.
func (j *jdk) close() error { return errors.Join(j.in.Close(), j.cmd.Wait()) }

func (j *jdk) verifies(d *document, f *forgery) (bool, error) {
	path := d.path
	if f != nil {
		path = f.path
	}
	return j.ask(1, d, path)
}

func (j *jdk) ask(times int, d *document, path string) (bool, error) {
	if _, err := fmt.Fprintf(j.in, "%d\t%s\t%s\n", times, d.holder.certificatePath, path); err != nil {
		return false, fmt.Errorf("ask Java: %w", err)
	}
	answer, err := j.out.ReadString('\n')
	if err != nil {
		return false, fmt.Errorf("read Java's answer: %w", err)
	}
	switch answer = strings.TrimSpace(answer); answer {
	case "verified":
		return true, nil
	case "refused":
		return false, nil
	}
	return false, fmt.Errorf("java %s", answer)
}

// run reads the clock of the process from outside: Java's own has ticks of 10 ms.
func (j *jdk) run(d *document) func(int) (time.Duration, error) {
	return func(times int) (time.Duration, error) {
		if _, err := j.ask(0, d, d.path); err != nil { // has it read the file
			return 0, err
		}
		// taskset becomes the program that it starts: the process is Java's.
		begun, err := cost.Of(j.cmd.Process.Pid)
		if err != nil {
			return 0, err
		}
		if ok, err := j.ask(times, d, d.path); err != nil || !ok {
			return 0, errors.Join(err, errRefused)
		}
		ended, err := cost.Of(j.cmd.Process.Pid)
		return ended - begun, err
	}
}
