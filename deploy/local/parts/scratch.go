package parts

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Scratch makes a temporary directory that belongs to this process, for parts that live
// with their caller, and first removes those that dead owners with the same prefix left
// behind. A server that runs as another user can reach its own directory in it.
func Scratch(prefix string) (dir string, err error) {
	as, err := unprivileged()
	if err != nil {
		return "", fmt.Errorf("make a scratch directory: %w", err)
	}
	parents := temporaryParents(as)
	if len(parents) == 0 {
		return "", errors.New("make a scratch directory: the server's user can reach no temporary directory")
	}
	sweep(parents[0], prefix)
	if dir, err = os.MkdirTemp(parents[0], prefix); err != nil {
		return "", fmt.Errorf("make a scratch directory: %w", err)
	}
	if as != nil {
		if err := os.Chmod(dir, 0o711); err != nil {
			return "", fmt.Errorf("make a scratch directory: %w", err)
		}
	}
	self := Process{PID: os.Getpid()}
	if self.Started, err = startTime(self.PID); err != nil {
		return "", fmt.Errorf("make a scratch directory: own start time: %w", err)
	}
	text, err := json.Marshal(self)
	if err != nil {
		return "", fmt.Errorf("make a scratch directory: %w", err)
	}
	return dir, os.WriteFile(filepath.Join(dir, ownerFile), text, 0o600)
}

const ownerFile = "owner.json"

// sweep removes the directories of dead owners. One without an owner may be just being
// made, so it has an hour. What can't be removed is left: it stands in nobody's way.
func sweep(parent, prefix string) {
	dirs, _ := filepath.Glob(filepath.Join(parent, prefix+"*"))
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || int(info.Sys().(*syscall.Stat_t).Uid) != os.Geteuid() {
			continue // not ours
		}
		var owner Process
		text, err := os.ReadFile(filepath.Join(dir, ownerFile))
		if err == nil {
			err = json.Unmarshal(text, &owner)
		}
		if err != nil && time.Since(info.ModTime()) < time.Hour || err == nil && owner.Alive() {
			continue
		}
		_ = os.RemoveAll(dir)
	}
}
