package parts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Need is a program that something here runs, and Debian's package that has it.
type Need struct {
	Program string
	Package string
	find    func() (string, error) // nil: on PATH
}

// What each part needs, by its name, "cards" and "cgo" for the demo's cards and
// their agent, and "tests" for what tests run beside the parts.
var needs = map[string][]Need{
	"postgres":   {{Program: "postgres and initdb", Package: "postgresql", find: postgresBin}},
	"redis":      {{Program: "redis-server", Package: "redis-server"}},
	"kafka":      {{Program: "java", Package: "default-jdk-headless"}, {Program: "mvn", Package: "maven"}},
	"prometheus": {{Program: "prometheus", Package: "prometheus"}},
	"cgo":        {{Program: "gcc", Package: "gcc"}, {Program: "libc's headers", Package: "libc6-dev", find: libcHeaders}},
	"cards":      {{Program: "softhsm2-util", Package: "softhsm2"}, {Program: "pkcs11-tool", Package: "opensc"}}, // of software
	"tests": {
		{Program: "promtool", Package: "prometheus"},
		{Program: "xmlsec1", Package: "xmlsec1"},
		{Program: "gcc", Package: "gcc"},                   // the race detector and the card agent need cgo
		{Program: "java", Package: "default-jdk-headless"}, // these three are for the oracles of the differential tests
		{Program: "pkg-config", Package: "pkg-config"},
		{Program: "libxmlsec1's headers", Package: "libxmlsec1-dev", find: xmlsecHeaders},
		{Program: "libc's headers", Package: "libc6-dev", find: libcHeaders},
		{Program: "softhsm2-util", Package: "softhsm2"}, // smart cards
		{Program: "pkcs11-tool", Package: "opensc"},
		{Program: "chromium", Package: "chromium"}, // the portal's pages, in Chinese
		// Chromium only recommends it, and can't do without where users may make no namespaces; root needs none.
		{Program: "chromium's sandbox", Package: "chromium-sandbox", find: func() (string, error) { return installed("/usr/lib/chromium/chrome-sandbox") }},
		{Program: "Chinese fonts", Package: "fonts-noto-cjk", find: func() (string, error) { return installed("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc") }},
	},
}

// Missing returns what the named parts need and this machine lacks.
func Missing(names ...string) ([]Need, error) {
	var missing []Need
	for _, name := range names {
		all, known := needs[name]
		if !known {
			return nil, fmt.Errorf("there is no part %q", name)
		}
		for _, n := range all {
			if _, err := n.path(); err != nil {
				missing = append(missing, n)
			}
		}
	}
	return missing, nil
}

func (n Need) path() (string, error) {
	if n.find != nil {
		return n.find()
	}
	return exec.LookPath(n.Program)
}

// AptLine is the command that installs the needs, to be pasted by a person.
func AptLine(missing []Need) string {
	return "sudo apt-get update && sudo apt-get install -y --no-install-recommends " + strings.Join(packages(missing), " ")
}

// CanInstall tells whether Install can do it: for root, where there is apt-get.
func CanInstall() bool {
	_, err := exec.LookPath("apt-get")
	return err == nil && os.Geteuid() == 0
}

// Install installs what is missing with apt-get, whose output goes to log. Where it can't
// (see [CanInstall]) the error has the line to paste.
func Install(ctx context.Context, missing []Need, log io.Writer) error {
	if len(missing) == 0 {
		return nil
	}
	if !CanInstall() {
		return fmt.Errorf("missing: %s. Install it with:\n\n  %s", programNames(missing), AptLine(missing))
	}
	for _, args := range [][]string{
		{"update"},
		append([]string{"install", "-y", "--no-install-recommends"}, packages(missing)...),
	} {
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		cmd.Stdout, cmd.Stderr = log, log
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("apt-get %s: %w", strings.Join(args, " "), err)
		}
	}
	return nil
}

func packages(missing []Need) []string {
	var names []string
	for _, n := range missing {
		names = append(names, n.Package)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func programNames(missing []Need) string {
	var names []string
	for _, n := range missing {
		names = append(names, n.Program)
	}
	return strings.Join(names, ", ")
}

// program finds a server's program, or says how to install it.
func program(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		return path, nil
	}
	for _, all := range needs {
		for _, n := range all {
			if n.Program == name {
				return "", missingError(n)
			}
		}
	}
	return "", err
}

func missingError(n Need) error {
	return fmt.Errorf("%s is missing: %s", n.Program, AptLine([]Need{n}))
}

// postgresBin returns the directory with initdb and postgres of one version. Debian keeps
// servers off PATH, a directory a version.
func postgresBin() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(dirs, func(a, b string) int { return cmp.Compare(debianVersion(b), debianVersion(a)) })
	if path, err := exec.LookPath("initdb"); err == nil {
		dirs = append([]string{filepath.Dir(path)}, dirs...)
	}
	for _, dir := range dirs {
		_, initdb := installed(filepath.Join(dir, "initdb"))
		_, postgres := installed(filepath.Join(dir, "postgres"))
		if errors.Join(initdb, postgres) == nil {
			return dir, nil
		}
	}
	return "", missingError(Need{Program: "PostgreSQL's server", Package: "postgresql"})
}

func debianVersion(bin string) int {
	version, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return version
}

// xmlsecHeaders returns the directory of libxmlsec1's headers. Where they are, pkg-config
// alone knows: without it, it is what is missing.
func xmlsecHeaders() (string, error) {
	out, err := exec.Command("pkg-config", "--variable=includedir", "xmlsec1-openssl").Output()
	if err != nil {
		return "", missingError(Need{Program: "libxmlsec1's headers", Package: "libxmlsec1-dev"})
	}
	return strings.TrimSpace(string(out)), nil
}

func libcHeaders() (string, error) { return installed("/usr/include/stdlib.h") }

func installed(path string) (string, error) {
	_, err := os.Stat(path)
	return path, err
}
