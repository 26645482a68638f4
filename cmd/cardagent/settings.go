package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"turnkey-gateway/registry/challenge"
)

// Settings are what the user decided, kept in cardagent.json in the user's configuration
// directory. Nothing but the command line writes them.
type Settings struct {
	// Origins are the sites that may ask for signatures, "https://portal.example". The
	// agent looks them up for each request, so that a change counts at once.
	Origins []string `json:"origins"`

	// Module is the absolute path of the PKCS#11 module; empty means the first of the
	// usual ones that is there. --module goes before it.
	Module string `json:"module,omitempty"`

	// Listen is the loopback address of the WebSocket; empty means 127.0.0.1:61162.
	// --listen goes before it.
	Listen string `json:"listen,omitempty"`
}

// A settingsFile is where settings are kept.
type settingsFile string

// settingsIn returns the settings file of a directory; of the user's own for "".
func settingsIn(dir string) (settingsFile, error) {
	if dir == "" {
		home, err := os.UserConfigDir()
		if err != nil {
			return "", fmt.Errorf("find your configuration directory: %w; name one with --config", err)
		}
		dir = filepath.Join(home, "turnkey-cardagent")
	}
	return settingsFile(filepath.Join(dir, "cardagent.json")), nil
}

// read returns the settings; those of a file that isn't there are empty: no site is
// allowed. Whatever is doubtful about the file is an error, so nothing is.
func (file settingsFile) read() (Settings, error) {
	var s Settings
	info, err := os.Stat(string(file))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("read the settings: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
		return s, fmt.Errorf("read the settings: others may write %s: chmod go-w it", file)
	}
	dir := filepath.Dir(string(file))
	if info, err = os.Stat(dir); err != nil {
		return s, fmt.Errorf("read the settings: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 { // who may, can put another file there
		return s, fmt.Errorf("read the settings: others may write %s: chmod go-w it", dir)
	}
	data, err := os.ReadFile(string(file))
	if err != nil {
		return s, fmt.Errorf("read the settings: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return Settings{}, fmt.Errorf("read the settings in %s: %w", file, err)
	}
	for _, origin := range s.Origins {
		if err := challenge.CheckOrigin(origin); err != nil {
			return Settings{}, fmt.Errorf("read the settings in %s: %q: %w", file, origin, err)
		}
	}
	if s.Module != "" && !filepath.IsAbs(s.Module) {
		return Settings{}, fmt.Errorf("read the settings in %s: the module's path isn't absolute", file)
	}
	return s, nil
}

// write replaces the file as a whole: a crash leaves the old one.
func (file settingsFile) write(s Settings) error {
	dir := filepath.Dir(string(file))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	next, err := os.CreateTemp(dir, "cardagent-*.json") // mode 0600
	if err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	_, err = next.Write(append(data, '\n'))
	if err := errors.Join(err, next.Sync(), next.Close()); err != nil {
		_ = os.Remove(next.Name())
		return fmt.Errorf("write the settings: %w", err)
	}
	if err := os.Rename(next.Name(), string(file)); err != nil {
		_ = os.Remove(next.Name())
		return fmt.Errorf("write the settings: %w", err)
	}
	return nil
}

// allows reports whether a site may ask for signatures. Settings that can't be read allow
// none.
func (file settingsFile) allows(origin string) (bool, error) {
	s, err := file.read()
	return err == nil && slices.Contains(s.Origins, origin), err
}
