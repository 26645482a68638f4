// Package addresses is what the local stack tells its clients: where its servers listen.
package addresses

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// File is the file in a stack's directory that names its servers.
const File = "env.json"

// A Stack is what [File] holds: what clients of a stack need.
type Stack struct {
	// Kafka are bootstrap addresses, host:port, of a cluster without TLS or SASL.
	Kafka []string `json:"kafka,omitempty"`

	// Postgres is the URL, password included, of a database whose role may create
	// databases.
	Postgres string `json:"postgres,omitempty"`

	// Redis is host:port of a server that tests may flush.
	Redis string `json:"redis,omitempty"`

	// Prometheus is the base URL of a server with targets from its own directory.
	Prometheus string `json:"prometheus,omitempty"`
}

// Read reads the addresses of the stack in dir. The error of a directory
// without a stack is an os.ErrNotExist.
func Read(dir string) (a Stack, err error) {
	path := filepath.Join(dir, File)
	text, err := os.ReadFile(path)
	if err != nil {
		return a, fmt.Errorf("read the stack's addresses: %w; start it with `make stack`", err)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("read the stack's addresses in %s: not as `make stack` writes them", path)
	}
	return a, nil
}
