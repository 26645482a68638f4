package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// maxHeads bounds a file of heads, in bytes: one a day for a century.
const maxHeads = 4 << 20

// readHeads reads what was noted of the audit log before: lines NUMBER HASH. There may
// be no such file yet where one is to be made.
func (t *tool) readHeads(file string, mayBeAbsent bool) (map[int64][32]byte, error) {
	if file == "" {
		return nil, nil
	}
	if _, err := os.Stat(file); mayBeAbsent && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	data, err := t.read(file, maxHeads)
	if err != nil {
		return nil, err
	}
	heads := make(map[int64][32]byte)
	for i, line := range strings.Split(string(data), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		number, hash, ok := parseHead(line)
		if !ok {
			return nil, fmt.Errorf("read %s: line %d is not NUMBER HASH (64 hex digits)", display(file), i+1)
		}
		if before, twice := heads[number]; twice && before != hash {
			return nil, fmt.Errorf("read %s: line %d notes another hash of entry %d than a line before: one of them is of another log, or false", display(file), i+1, number)
		}
		heads[number] = hash
	}
	return heads, nil
}

func parseHead(line string) (number int64, hash [32]byte, ok bool) {
	fields := strings.Fields(line)
	if len(fields) != 2 {
		return 0, hash, false
	}
	number, err := strconv.ParseInt(fields[0], 10, 64)
	raw, hexErr := hex.DecodeString(fields[1])
	if err != nil || hexErr != nil || number < 0 || len(raw) != len(hash) {
		return 0, hash, false
	}
	return number, [32]byte(raw), true
}

// appendLine adds a line to a file, which it makes if there is none.
func appendLine(path, line string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	text := []byte(line + "\n")
	if size := info.Size(); size > 0 { // a hand-made file may lack its last line end
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, size-1); err != nil {
			return err
		}
		if !bytes.Equal(last, []byte("\n")) {
			text = append([]byte("\n"), text...)
		}
	}
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.Sync()
}
