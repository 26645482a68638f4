package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"turnkey-gateway/registry/keyfile"

	"github.com/spf13/cobra"
)

// keyFiles are the three secrets the services share, and who needs which.
var keyFiles = []struct{ name, purpose string }{
	{"cache.key", "seals what is cached in Redis (gateway, portal)"},
	{"lookup.key", "turns identifiers into what the database is searched by (gateway, portal, turnkey)"},
	{"identity.key", "encrypts national ids at rest (portal, turnkey; never the gateway)"},
}

func (t *tool) keysCommand() *cobra.Command {
	keys := &cobra.Command{
		Use:     "keys",
		GroupID: groupOperations,
		Short:   "Make the key files that the services share",
		Long: `The services keep no secret in the database or in Redis: three key files hold them.
產生閘道與登錄系統共用的三個金鑰檔。`,
		Example: `  turnkey keys init /etc/turnkey/keys`,
		RunE:    onlySubcommands,
	}
	keys.AddCommand(&cobra.Command{
		Use:   "init DIR",
		Short: "Make cache.key, lookup.key and identity.key in DIR",
		Long: `Makes three files of 32 random bytes (hex), readable by their owner only. It never
overwrites one: a file that is there already is left as it is.
在 DIR 產生三個金鑰檔（僅擁有者可讀）；已存在者不會覆寫。

  cache.key     seals what is cached in Redis; may be changed at will (caches start anew)
  lookup.key    identifiers are found by it; LOSING IT MAKES EVERY PARTY UNFINDABLE
  identity.key  encrypts national ids at rest; LOSING IT LOSES THEM
Back up the last two, apart from the database's own backups.`,
		Example: `  turnkey keys init /etc/turnkey/keys
  export TURNKEY_LOOKUP_KEY_FILE=/etc/turnkey/keys/lookup.key`,
		Args: wantArgs(1, 1, "DIR"),
		RunE: func(_ *cobra.Command, args []string) error { return t.initKeys(args[0]) },
	})
	return keys
}

func (t *tool) initKeys(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the directory for keys: %w", err)
	}
	for _, k := range keyFiles {
		path := filepath.Join(dir, k.name)
		err := keyfile.Create(path)
		switch {
		case errors.Is(err, fs.ErrExist):
			fmt.Fprintf(t.stdout, "kept  %s (was there already)\n", path)
			t.warnIfShared(path)
		case err != nil:
			return err
		default:
			fmt.Fprintf(t.stdout, "made  %s: %s\n", path, k.purpose)
		}
	}
	return nil
}
