package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
)

// Start answers all that is asked of a service on its command line without running it:
// --help (the text, then every variable), --version and --print-config. It reports
// whether the service is to run. The reader must have been asked for everything.
func Start(name, help string, args []string, r *Reader, stdout, stderr io.Writer) (bool, error) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stdout, help)
		r.Print(stdout)
	}
	printConfig := flags.Bool("print-config", false, "show the effective configuration and end")
	showVersion := flags.Bool("version", false, "show the version and end")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return false, nil
	case err != nil:
		return false, err
	case flags.NArg() > 0:
		return false, fmt.Errorf("unexpected argument %q: everything is configured by %s* variables, see --help", flags.Arg(0), r.prefix)
	case *showVersion:
		_, err := fmt.Fprintln(stdout, name, Version())
		return false, err
	case *printConfig:
		return false, errors.Join(r.Print(stdout), r.Err())
	}
	return true, nil
}

// Version is the module's, or the commit that the program was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = s.Value
		}
	}
	return v
}
