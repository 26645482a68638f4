package parts

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"turnkey-gateway/deploy/kafka"
)

// kafkaJars returns the directory with Kafka's jars, having Maven copy them there the
// first time. It lies in the user's cache, named after the Maven project it was made
// from, and appears there only when it is complete. The version may be empty.
func kafkaJars(ctx context.Context, o Options, version string) (string, error) {
	project := kafka.Project(version)
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir() // no HOME, as in some build sandboxes
	}
	cache = filepath.Join(cache, "turnkey-gateway")
	jars := filepath.Join(cache, fmt.Sprintf("kafka-%x", sha256.Sum256(project))[:len("kafka-")+12])
	if _, err := os.Stat(jars); err == nil {
		return jars, nil
	}
	mvn, err := program("mvn")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("fetch Kafka's jars: %w", err)
	}
	unfinished, err := os.MkdirTemp(cache, "fetching-")
	if err != nil {
		return "", fmt.Errorf("fetch Kafka's jars: %w", err)
	}
	defer os.RemoveAll(unfinished)
	o.say("fetching Kafka's jars (54 MB, once) ...")
	pom := filepath.Join(unfinished, "pom.xml")
	if err := os.WriteFile(pom, project, 0o644); err != nil {
		return "", fmt.Errorf("fetch Kafka's jars: %w", err)
	}
	fetched := filepath.Join(unfinished, "lib")
	cmd := exec.CommandContext(ctx, mvn, "-q", "-B", "-f", pom, "dependency:copy-dependencies",
		"-DoutputDirectory="+fetched, "-DincludeScope=runtime")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("fetch Kafka's jars: mvn: %w\n%s", err, out)
	}
	err = os.Rename(fetched, jars)
	if _, there := os.Stat(jars); there == nil {
		return jars, nil // by us, or by somebody who fetched at the same time
	}
	return "", fmt.Errorf("fetch Kafka's jars: %w", err)
}
