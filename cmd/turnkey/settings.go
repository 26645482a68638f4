package main

import (
	"strings"

	"github.com/spf13/pflag"

	"turnkey-gateway/cmd/internal/config"
)

// settings are read from TURNKEY_* variables; a flag of the same name, such as
// --database-file for TURNKEY_DATABASE_FILE, goes before its variable. Secrets are
// named by their files in both.
type settings struct {
	flags map[string]*string // by the variable's name without prefix
}

func newSettings() *settings { return &settings{flags: make(map[string]*string)} }

// flag declares the flag that overrides a variable.
func (s *settings) flag(fs *pflag.FlagSet, variable, usage string) {
	name := strings.ReplaceAll(strings.ToLower(variable), "_", "-")
	s.flags[variable] = fs.String(name, "", usage+" (default $"+settingsPrefix+variable+")")
}

const settingsPrefix = "TURNKEY_"

// reader reads the settings: from the flags that are set, else from the environment.
func (s *settings) reader(getenv func(string) string) *config.Reader {
	return config.NewReader(func(name string) string {
		if f := s.flags[strings.TrimPrefix(name, settingsPrefix)]; f != nil && *f != "" {
			return *f
		}
		return getenv(name)
	}, settingsPrefix)
}
