package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"turnkey-gateway/ingest"
	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/verifier"
)

// checkLimit bounds all of the doctor's checks together.
const checkLimit = 30 * time.Second

// A doctor looks at everything the gateway needs and changes nothing.
type doctor struct {
	brokers                             []string
	topics                              ingest.Topics
	redis                               []string
	redisPrefix                         string
	database                            string // file with the URL
	cacheFile, lookupFile, identityFile string
	report                              report
}

func (t *tool) doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "doctor",
		GroupID: groupOperations,
		Short:   "Check everything the gateway needs, and say what to do",
		Long: `Checks Kafka (reachable, topics, replication, min.insync.replicas, timestamp type, message
sizes), Redis and the relay's heartbeat, Postgres (reachable, durable, schema, clock) and the
key files, and says which of the processor's instructions verify. It changes nothing. What is not configured is skipped with a word.
檢查 Kafka、Redis、Postgres、金鑰檔與時鐘，並說明如何處理；不會更動任何設定。

Each line is OK, WARN (works until something else goes wrong) or FAIL (messages wait, or a
promise does not hold). Exit codes, as monitoring plugins have them: 0 all OK, 1 something
warns, 2 something fails.`,
		Example: `  turnkey doctor --brokers kafka1:9092,kafka2:9092
  turnkey doctor --json | jq -r '.checks[] | select(.status=="FAIL") | .check + ": " + .mend'`,
		Args: wantArgs(0, 0, "no argument"),
	}
	s := newSettings()
	s.flag(cmd.Flags(), "BROKERS", "Kafka's `ADDRESSES`, host:port,host:port")
	s.flag(cmd.Flags(), "TOPIC_INBOUND", "`TOPIC` that is judged, turnkey.inbound if not set")
	s.flag(cmd.Flags(), "TOPIC_VERIFIED", "`TOPIC` of what was verified, turnkey.verified if not set")
	s.flag(cmd.Flags(), "TOPIC_REJECTED", "`TOPIC` of what was rejected, turnkey.rejected if not set")
	s.flag(cmd.Flags(), "TOPIC_QUARANTINE", "`TOPIC` of what could not be judged, turnkey.quarantine if not set")
	s.flag(cmd.Flags(), "REDIS", "Redis' `ADDRESSES`, host:port")
	s.flag(cmd.Flags(), "REDIS_PREFIX", "`PREFIX` of all keys in Redis")
	s.flag(cmd.Flags(), "DATABASE_FILE", "`FILE` that holds the Postgres URL")
	s.flag(cmd.Flags(), "CACHE_KEY_FILE", "`FILE` with cache.key")
	s.flag(cmd.Flags(), "LOOKUP_KEY_FILE", "`FILE` with lookup.key")
	s.flag(cmd.Flags(), "IDENTITY_KEY_FILE", "`FILE` with identity.key")
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object with all checks")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d, err := t.newDoctor(s)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), checkLimit)
		defer cancel()
		d.examine(ctx)
		if asJSON {
			err = d.report.printJSON(t.stdout)
		} else {
			d.report.print(t.stdout)
		}
		if err != nil {
			return fmt.Errorf("write the findings: %w", err)
		}
		if code := d.report.exitCode(); code != 0 {
			return exitStatus(code)
		}
		return nil
	}
	return cmd
}

func (t *tool) newDoctor(s *settings) (*doctor, error) {
	r := s.reader(t.getenv)
	d := &doctor{
		topics: ingest.Topics{
			Inbound:    r.String("TOPIC_INBOUND", "turnkey.inbound", ""),
			Verified:   r.String("TOPIC_VERIFIED", "turnkey.verified", ""),
			Rejected:   r.String("TOPIC_REJECTED", "turnkey.rejected", ""),
			Quarantine: r.String("TOPIC_QUARANTINE", "turnkey.quarantine", ""),
		},
		redisPrefix:  r.String("REDIS_PREFIX", "", ""),
		database:     r.String("DATABASE_FILE", "", ""),
		cacheFile:    r.String("CACHE_KEY_FILE", "", ""),
		lookupFile:   r.String("LOOKUP_KEY_FILE", "", ""),
		identityFile: r.String("IDENTITY_KEY_FILE", "", ""),
	}
	if r.String("BROKERS", "", "") != "" {
		d.brokers = r.Addresses("BROKERS", "", "Kafka's addresses")
	}
	if r.String("REDIS", "", "") != "" {
		d.redis = r.Addresses("REDIS", "", "Redis' addresses")
	}
	return d, r.Err()
}

func (d *doctor) examine(ctx context.Context) {
	d.examineProcessor()
	d.examineKeyFile("cache.key", "CACHE_KEY_FILE", d.cacheFile)
	d.examineKeyFile("lookup.key", "LOOKUP_KEY_FILE", d.lookupFile)
	d.examineKeyFile("identity.key", "IDENTITY_KEY_FILE", d.identityFile)
	d.examineKafka(ctx)
	d.examinePostgres(ctx)
	d.examineRedis(ctx)
}

// examineProcessor says how this machine verifies. Whatever it has, verdicts are the same.
func (d *doctor) examineProcessor() {
	in := verifier.InstructionsUsed()
	d.report.ok("processor", "RSA by %s, SHA-256 by %s, reading by %s (go: plain Go, slower; no fault)", in.RSA, in.SHA256, in.Scan)
}

// unset notes what can't be checked because nothing names it.
func (d *doctor) unset(check, variable string) {
	d.report.warn(check, "not checked: "+settingsPrefix+variable+" is not set", "set it to what the gateway uses")
}

func (d *doctor) examineKeyFile(check, variable, path string) {
	if path == "" {
		d.unset(check, variable)
		return
	}
	if _, err := keyfile.Load(path); err != nil {
		d.report.fail(check, err.Error(), "turnkey keys init DIR makes a new one; but a lost lookup.key or identity.key must come from its backup")
		return
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&(0o077&^fs.FileMode(0o040)) != 0 {
		d.report.warn(check, fmt.Sprintf("%s has mode %04o", path, info.Mode().Perm()), "chmod 600 "+path)
		return
	}
	d.report.ok(check, "%s", path)
}
