package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/cmd/internal/config"
)

// environment makes a getenv of pairs.
func environment(pairs ...string) func(string) string {
	values := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return values[name] }
}

func TestValues(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := config.NewReader(environment(
		"X_STRING", " blanks around ", "X_LIST", "a, b,,c ", "X_ADDRESSES", "h:1,[::1]:2", "X_OFF", "off",
		"X_DURATION", "250ms", "X_INT", "7", "X_BYTES", "16 MiB", "X_PLAIN", "1000", "X_BOOL", "true", "X_FILE", file, "X_FILES", file+" ,, "+file, "X_ONE", "b"), "X_")
	tests := []struct {
		name      string
		got, want any
	}{
		{"string", r.String("STRING", "d", "m"), "blanks around"},
		{"string unset", r.String("UNSET", "d", "m"), "d"},
		{"required", r.Required("STRING", "m"), "blanks around"},
		{"list", r.StringList("LIST", "", "m"), []string{"a", "b", "c"}},
		{"list unset", r.StringList("UNSET", "d,e", "m"), []string{"d", "e"}},
		{"addresses", r.Addresses("ADDRESSES", "", "m"), []string{"h:1", "[::1]:2"}},
		{"address off", r.Address("OFF", ":1", "m"), ""},
		{"loopback unset", r.Loopback("UNSET", "localhost:6060", "m"), "localhost:6060"},
		{"duration", r.Duration("DURATION", time.Second, 0, time.Minute, "m"), 250 * time.Millisecond},
		{"int", r.Int("INT", 1, 0, 9, "m"), 7},
		{"bytes", r.Bytes("BYTES", 1, 0, 1<<30, "m"), int64(16 << 20)},
		{"bytes plain", r.Bytes("PLAIN", 1, 0, 1<<30, "m"), int64(1000)},
		{"bool", r.Bool("BOOL", false, "m"), true},
		{"bool unset", r.Bool("UNSET", true, "m"), true},
		{"one of", r.OneOf("ONE", []string{"a", "b"}, "m"), "b"},
		{"one of, unset", r.OneOf("UNSET", []string{"a", "b"}, "m"), "a"},
		{"file", r.File("FILE", "m"), file},
		{"optional file unset", r.OptionalFile("UNSET", "m"), ""},
		{"optional files", r.OptionalFiles("FILES", "m"), []string{file, file}},
		{"optional files unset", r.OptionalFiles("UNSET", "m"), []string(nil)},
	}
	for _, tt := range tests {
		if !reflect.DeepEqual(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	if err := r.Err(); err != nil {
		t.Errorf("mistakes found: %v", err)
	}
	if secret, err := config.Secret(file); err != nil || secret != "s3cret" {
		t.Errorf("Secret = %q, %v", secret, err)
	}
}

func TestMistakesNameTheVariableAndTheMend(t *testing.T) {
	tests := []struct {
		name, value string
		read        func(*config.Reader)
		want        string // part of the error
	}{
		{"required unset", "", func(r *config.Reader) { r.Required("A", "the name of it") }, "X_A: is required: the name of it"},
		{"list of nothing", " , ", func(r *config.Reader) { r.StringList("A", "", "names") }, "X_A: is required"},
		{"address without port", "host", func(r *config.Reader) { r.Address("A", ":1", "m") }, "127.0.0.1:6379"},
		{"address with a named port", "host:http", func(r *config.Reader) { r.Address("A", ":1", "m") }, "not host:port"},
		{"loopback that isn't", "0.0.0.0:6060", func(r *config.Reader) { r.Loopback("A", "off", "m") }, "use 127.0.0.1 or off"},
		{"loopback on every interface", ":6060", func(r *config.Reader) { r.Loopback("A", "off", "m") }, "use 127.0.0.1 or off"},
		{"duration without unit", "5", func(r *config.Reader) { r.Duration("A", time.Second, 0, time.Minute, "m") }, "write, for example, 1s"},
		{"duration too long", "5h", func(r *config.Reader) { r.Duration("A", time.Second, 0, time.Minute, "m") }, "from 0s to 1m0s"},
		{"int too large", "10", func(r *config.Reader) { r.Int("A", 1, 0, 9, "m") }, "from 0 to 9"},
		{"size in other units", "5 MB", func(r *config.Reader) { r.Bytes("A", 1<<20, 0, 1<<30, "m") }, "write, for example, 1MiB"},
		{"size beyond counting", "9999999999GiB", func(r *config.Reader) { r.Bytes("A", 1<<20, 0, 1<<30, "m") }, "not a size"},
		{"bool", "maybe", func(r *config.Reader) { r.Bool("A", true, "m") }, "neither true nor false"},
		{"one of", "c", func(r *config.Reader) { r.OneOf("A", []string{"a", "b"}, "m") }, "set one of a, b"},
		{"file that isn't there", "/nowhere/at/all", func(r *config.Reader) { r.File("A", "m") }, "can't be opened (no such file"},
		{"one of the files that isn't there", "/dev/null,/nowhere/at/all", func(r *config.Reader) { r.OptionalFiles("A", "m") }, "can't be opened (no such file"},
		{"file unset", "", func(r *config.Reader) { r.File("A", "m") }, "is required, the path of a file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := config.NewReader(environment("X_A", tt.value), "X_")
			tt.read(r)
			if err := r.Err(); err == nil || !strings.HasPrefix(err.Error(), "X_A: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want X_A: ... %s", err, tt.want)
			}
		})
	}
}

func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	r := config.NewReader(environment(), "X_")
	r.Required("A", "m")
	r.File("B", "m")
	r.Refuse("C", "contradicts %s", "X_D")
	for _, name := range []string{"X_A", "X_B", "X_C: contradicts X_D"} {
		if !strings.Contains(r.Err().Error(), name) {
			t.Errorf("%s isn't in %v", name, r.Err())
		}
	}
}

// TestPastedSecretsAreNotRepeated gives secrets where paths and addresses belong.
func TestPastedSecretsAreNotRepeated(t *testing.T) {
	const secret = "hunter2"
	pasted := []string{
		"postgres://turnkey:" + secret + "@db.example.com/turnkey",
		"redis://:" + secret + "@cache.example.com:6379",
		"turnkey:" + secret + "@db.example.com",
		"host=db password=" + secret,
	}
	for _, value := range pasted {
		r := config.NewReader(environment("X_A", value), "X_")
		r.File("A", "m")
		r.OptionalFiles("A", "m")
		r.Address("A", ":1", "m")
		r.Addresses("A", "", "m")
		r.Duration("A", time.Second, 0, time.Minute, "m")
		r.OneOf("A", []string{"a"}, "m")
		var table strings.Builder
		if err := r.Print(&table); err != nil {
			t.Fatal(err)
		}
		if r.Err() == nil {
			t.Errorf("%q was taken", value)
		}
		if strings.Contains(table.String()+r.Err().Error(), secret) {
			t.Errorf("the secret is repeated: %s\n%v", table.String(), r.Err())
		}
	}
}

func TestTableShowsEveryVariable(t *testing.T) {
	r := config.NewReader(environment("X_SET", "5s"), "X_")
	r.Duration("SET", time.Second, 0, time.Minute, "how long")
	r.Bool("UNSET", false, "whether")
	r.OptionalFile("EMPTY", "which")
	var table strings.Builder
	if err := r.Print(&table); err != nil {
		t.Fatal(err)
	}
	want := "VARIABLE  VALUE  DEFAULT  MEANING\n" +
		"X_SET     5s     1s       how long\n" +
		"X_UNSET   false  false    whether\n" +
		"X_EMPTY   -      -        which\n"
	if table.String() != want {
		t.Errorf("got\n%swant\n%s", table.String(), want)
	}
}

func TestEmptySecretIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Secret(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v, want an error that names the file", err)
	}
}
