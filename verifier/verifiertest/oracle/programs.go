package oracle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrMissing says that what an oracle is made of is not installed.
var ErrMissing = errors.New("not installed")

// sources is where the oracles' programs are, in the module.
const sources = "verifier/testdata/oracle"

// JDK starts the oracle over the JDK's javax.xml.crypto. An error may be [ErrMissing].
func JDK() (*Process, error) {
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, fmt.Errorf("the JDK's java is %w (apt: default-jdk-headless)", ErrMissing)
	}
	source, err := sourceFile("Oracle.java")
	if err != nil {
		return nil, err
	}
	const internals = "java.xml.crypto/com.sun.org.apache.xml.internal.security"
	return start("JDK", func() *exec.Cmd {
		return exec.Command(java, "-Xmx512m", "-XX:+UseSerialGC", "-Xss16m",
			"-Djdk.xml.maxXMLNameLimit=100000000", // else 1,000 bytes, of namespace names too
			"--add-exports", internals+"=ALL-UNNAMED", "--add-exports", internals+".c14n=ALL-UNNAMED", source)
	})
}

// Libxml2 starts the oracle over libxml2 and libxmlsec1, which it compiles when it is
// first asked for. An error may be [ErrMissing].
func Libxml2() (*Process, error) {
	program, err := compiled()
	if err != nil {
		return nil, err
	}
	return start("libxml2", func() *exec.Cmd { return exec.Command(program) })
}

// compiled returns the path of the compiled oracle.c, in the user's cache. It is named
// after all that goes into it, so that a stale one is never taken.
func compiled() (string, error) {
	source, err := sourceFile("oracle.c")
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(source)
	if err != nil {
		return "", fmt.Errorf("read an oracle's source: %w", err)
	}
	flags, err := libraries()
	if err != nil {
		return "", err
	}
	cc, err := exec.LookPath("cc")
	if err != nil {
		return "", fmt.Errorf("a C compiler is %w (apt: gcc)", ErrMissing)
	}
	directory, err := cacheDirectory()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(string(text) + strings.Join(flags, " ")))
	path := filepath.Join(directory, "oracle-"+hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, compile(cc, source, path, flags)
}

func cacheDirectory() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	directory := filepath.Join(cache, "turnkey-gateway")
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return "", fmt.Errorf("make room for an oracle: %w", err)
	}
	return directory, nil
}

// libraries returns the compiler's flags, with the version that they are for.
func libraries() ([]string, error) {
	const name = "xmlsec1-openssl"
	flags, err := exec.Command("pkg-config", "--cflags", "--libs", name).Output()
	if err != nil {
		return nil, fmt.Errorf("libxmlsec1's headers or pkg-config are %w (apt: libxmlsec1-dev pkg-config gcc)", ErrMissing)
	}
	version, err := exec.Command("pkg-config", "--modversion", name).Output()
	if err != nil {
		return nil, fmt.Errorf("ask for libxmlsec1's version: %w", err)
	}
	return append(strings.Fields(string(flags)), "-DORACLE_BUILT_FOR="+strings.TrimSpace(string(version))), nil
}

// compile compiles beside path and then renames: two may do so at once.
func compile(cc, source, path string, flags []string) error {
	fresh := fmt.Sprintf("%s.%d", path, os.Getpid())
	args := append([]string{"-O2", "-o", fresh, source}, flags...)
	if out, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("compile %s: %w\n%s", source, err, out)
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("compile %s: %w", source, err)
	}
	return nil
}

// sourceFile finds a file of sources from within the module.
func sourceFile(name string) (string, error) {
	directory, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find %s: %w", name, err)
	}
	for {
		if _, err := os.Stat(filepath.Join(directory, "go.mod")); err == nil {
			return filepath.Join(directory, filepath.FromSlash(sources), name), nil
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			return "", fmt.Errorf("find %s: not inside the module", name)
		}
		directory = parent
	}
}
