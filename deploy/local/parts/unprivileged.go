package parts

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// unprivileged returns the user whom servers run as that refuse root, or better not have
// it. It is nil where the caller isn't root: then they run as the caller.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("there is neither a user postgres nor a user nobody, and PostgreSQL refuses to run as root")
}

// homeFor makes the directory where a server that runs as u keeps its data, owned by u.
// It is dir, unless a parent of dir is closed to u: then it is a new directory below the
// system's temporary one. A nil u is the caller.
func homeFor(u *syscall.Credential, dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if u == nil {
		return dir, nil
	}
	if !reachable(u, filepath.Dir(dir)) {
		var err error
		if dir, err = temporaryFor(u); err != nil {
			return "", err
		}
	}
	return dir, os.Chown(dir, int(u.Uid), int(u.Gid))
}

func temporaryFor(u *syscall.Credential) (string, error) {
	parents := temporaryParents(u)
	if len(parents) == 0 {
		return "", fmt.Errorf("no temporary directory can be reached by uid %d", u.Uid)
	}
	return os.MkdirTemp(parents[0], "turnkey-postgres-")
}

// temporaryParents are the temporary directories that u can pass through, the caller's
// own first.
func temporaryParents(u *syscall.Credential) []string {
	var usable []string
	for _, dir := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		if u == nil || reachable(u, dir) {
			usable = append(usable, dir)
		}
	}
	return usable
}

// reachable tells whether u may pass through dir and all its parents, judging by owner
// and others: a right through a group or an ACL isn't seen.
func reachable(u *syscall.Credential, dir string) bool {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return false
	}
	for {
		info, err := os.Stat(dir)
		if err != nil {
			return false
		}
		mode := info.Mode().Perm()
		owner := info.Sys().(*syscall.Stat_t).Uid == u.Uid
		if mode&0o001 == 0 && !(owner && mode&0o100 != 0) {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
		dir = filepath.Dir(dir)
	}
}
