package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
	_ "time/tzdata" // Asia/Taipei must be there in a bare container too

	"github.com/spf13/cobra"

	"turnkey-gateway/cmd/internal/config"
	"turnkey-gateway/registry"
)

// Exit codes, the same for every command.
const (
	exitYes     = 0
	exitNo      = 1
	exitUnknown = 2
)

// A tool is one run of the program: its streams, its environment and what the
// flags that all commands share were set to.
type tool struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	getenv func(string) string

	// language is that of verdicts and advice, from --lang or the environment.
	language language
	lang     string
}

// run is the program without its process: tests call it too.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) int {
	t := &tool{stdin: stdin, stdout: stdout, stderr: stderr, getenv: getenv}
	root := t.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return t.exitCode(root.ExecuteContext(ctx))
}

func (t *tool) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "turnkey",
		Short: "Check, sign and explain signed customs messages; keep the registry of certificates",
		Long: `turnkey checks, signs and explains XML messages for Taiwan's customs single window,
and keeps the registry of certificates that the gateway judges by.
關港貿單一窗口報文的驗章、簽章、除錯，以及簽章憑證登錄的管理工具。

Exit codes: 0 yes, 1 no, 2 nobody knows (wrong usage, a file or server not readable).`,
		Example: `  turnkey verify --cert broker.cer message.xml      is this message signed by that certificate?
  turnkey explain --cert broker.cer message.xml     why not?
  turnkey doctor                                    is everything the gateway needs in order?`,
		Version:           fmt.Sprintf("%s (%s)", config.Version(), runtime.Version()),
		Args:              cobra.ArbitraryArgs,
		RunE:              onlySubcommands,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(*cobra.Command, []string) error { return t.chooseLanguage() },
	}
	root.SetVersionTemplate("turnkey {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return misuse(cmd, "%w", err) })
	root.PersistentFlags().StringVar(&t.lang, "lang", "", "`LANGUAGE` of verdicts and advice: zh or en (default: from LC_ALL, LC_MESSAGES, LANG)")
	root.AddGroup(
		&cobra.Group{ID: groupFiles, Title: "Messages and keys, on files (no server needed):"},
		&cobra.Group{ID: groupRegistry, Title: "The registry (needs TURNKEY_DATABASE_FILE):"},
		&cobra.Group{ID: groupOperations, Title: "Operations:"},
	)
	root.AddCommand(t.commands()...)
	return root
}

const (
	groupFiles      = "files"
	groupRegistry   = "registry"
	groupOperations = "operations"
)

// exitCode says what became of a command, and returns the code that says so too.
func (t *tool) exitCode(err error) int {
	if err == nil {
		return exitYes
	}
	var silent exitStatus
	if errors.As(err, &silent) {
		return int(silent)
	}
	fmt.Fprintf(t.stderr, "turnkey: %v\n", err)
	var words *registry.Refusal
	if errors.As(err, &words) && t.language == chinese {
		fmt.Fprintf(t.stderr, "  %s\n", words.Chinese)
	}
	var advised *advisedError
	if errors.As(err, &advised) {
		fmt.Fprintf(t.stderr, "  %s\n", strings.ReplaceAll(advised.advice, "\n", "\n  "))
	}
	var refused *refusal
	if errors.As(err, &refused) {
		return exitNo
	}
	return exitUnknown
}

// now is the clock of commands that judge or list; whole seconds, as people read them.
func now() time.Time { return time.Now().Truncate(time.Second) }

// open returns the named file, or standard input for "-".
func (t *tool) open(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(t.stdin), nil
	}
	return os.Open(name)
}

// read returns the whole of a named file, or of standard input for "-", refusing
// more than limit bytes.
func (t *tool) read(name string, limit int64) ([]byte, error) {
	f, err := t.open(name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", display(name), plainIOError(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", display(name), plainIOError(err))
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("read %s: more than %d bytes", display(name), limit)
	}
	return data, nil
}

// display is a file's name as messages print it.
func display(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// plainIOError drops the path and the system call that os puts before the reason:
// the caller's message names the file already.
func plainIOError(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
