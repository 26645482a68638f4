// Command local runs the real parts that the gateway needs, PostgreSQL, Redis, Apache
// Kafka and Prometheus, as private processes on loopback ports: the stack.
//
// What it starts lives on after it, recorded in a directory that git ignores; "down" ends
// exactly those processes. The addresses are in env.json there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"turnkey-gateway/deploy/local/addresses"
	"turnkey-gateway/deploy/local/parts"
)

const usage = `usage: go run ./deploy/local COMMAND [flags]

  up       start the parts that aren't running yet
  down     end what up started; --wipe removes the data too
  status   tell what runs; exit 1 if nothing does
  env      print the addresses as shell variables
  install  install the programs that the parts and the tests need (root on Debian),
           or print the line to paste and exit 1

flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "stack:", err)
		os.Exit(1)
	}
}

// all are the parts in the order in which people read them.
var all = []string{"kafka", "postgres", "redis", "prometheus"}

// defaultPorts are beside the parts' usual ones, which an installed server may hold.
var defaultPorts = map[string]int{"kafka": 29092, "postgres": 25432, "redis": 26379, "prometheus": 29090}

// options are the command line's.
type options struct {
	dir     string
	brokers int
	auto    bool
	parts   []string
	wipe    bool
	out     io.Writer
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.Usage = func() { fmt.Fprint(errOut, usage); flags.PrintDefaults() }
	o := options{out: out}
	flags.StringVar(&o.dir, "dir", ".stack", "`directory` of the stack")
	flags.IntVar(&o.brokers, "brokers", 1, "Kafka brokers, 1 or 3")
	ports := flags.String("ports", "default", "default: fixed ports; auto: free ones")
	names := flags.String("parts", strings.Join(all, ","), "which parts; install also takes \"tests\"")
	flags.BoolVar(&o.wipe, "wipe", false, "with down: remove the data and logs too")
	if len(args) == 0 {
		flags.Usage()
		return errors.New("which command?")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if flags.NArg() > 0 || *ports != "default" && *ports != "auto" {
		flags.Usage()
		return errors.New("an argument is not understood")
	}
	o.auto, o.parts = *ports == "auto", strings.Split(*names, ",")
	if args[0] == "install" {
		return install(ctx, o)
	}
	for _, name := range o.parts {
		if !slices.Contains(all, name) {
			return fmt.Errorf("there is no part %q: the parts are %s", name, strings.Join(all, ", "))
		}
	}
	command, known := map[string]func(context.Context, *stack, options) error{
		"up": up, "down": down, "status": status, "env": env,
	}[args[0]]
	if !known {
		flags.Usage()
		return fmt.Errorf("there is no command %q", args[0])
	}
	s, err := open(o.dir)
	if err != nil {
		return fmt.Errorf("open the stack's directory: %w", err)
	}
	defer s.close()
	return command(ctx, s, o)
}

// up starts what isn't running, all at once, and records each part as soon as it answers,
// so that down ends it even if another one fails.
func up(ctx context.Context, s *stack, o options) error {
	begin := time.Now()
	starts, err := s.missing(ctx, o)
	if err != nil {
		return err
	}
	var mu sync.Mutex // guards s, o.out and errs
	var errs []error
	say := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(o.out, line)
	}
	var starting sync.WaitGroup
	for name, at := range starts {
		at.Progress = say
		starting.Go(func() {
			part, err := startPart(ctx, name, at, o.brokers)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				err = s.started(name, *part)
			}
			if err != nil {
				errs = append(errs, err)
				return
			}
			fmt.Fprintf(o.out, "%-10s up in %4.1f s  %s\n", name, time.Since(begin).Seconds(), shown(*part))
		})
	}
	starting.Wait()
	return errors.Join(errs...)
}

// missing returns where to start the parts that don't run, after ending what is left of
// those of which only some processes have died.
func (s *stack) missing(ctx context.Context, o options) (map[string]parts.Options, error) {
	starts := map[string]parts.Options{}
	for _, name := range o.parts {
		if s.running(name) {
			if brokers := len(s.state[name].Processes); name == "kafka" && brokers != o.brokers {
				return nil, fmt.Errorf("kafka runs already, with brokers: %d; end it first (down --parts kafka)", brokers)
			}
			fmt.Fprintf(o.out, "%-10s already up  %s\n", name, shown(s.state[name]))
			continue
		}
		if len(s.state[name].Processes) == 0 && s.env[name] != nil {
			fmt.Fprintf(o.out, "%-10s not ours: %s names somebody else's, which is left as it is\n", name, addresses.File)
			continue
		}
		if err := endRest(ctx, s, name); err != nil {
			return nil, err
		}
		at := parts.Options{Dir: s.home(name, o.brokers), Lifetime: parts.Detached}
		if !o.auto {
			at.Port = defaultPorts[name]
		}
		starts[name] = at
	}
	return starts, nil
}

func startPart(ctx context.Context, name string, at parts.Options, brokers int) (*parts.Part, error) {
	switch name {
	case "postgres":
		return parts.Postgres(ctx, at)
	case "redis":
		return parts.Redis(ctx, at)
	case "kafka":
		return parts.Kafka(ctx, at, brokers)
	case "prometheus":
		return parts.Prometheus(ctx, at)
	}
	return nil, fmt.Errorf("there is no part %q", name)
}

// endRest ends what is left of a part of which some process has died.
func endRest(ctx context.Context, s *stack, name string) error {
	p, known := s.state[name]
	if !known || len(p.Processes) == 0 {
		return nil
	}
	if err := p.Stop(ctx); err != nil {
		return err
	}
	return s.stopped(name)
}

// home is where a part keeps its data: where it did last time, if that is still there. A
// cluster of three brokers has other data than one broker.
func (s *stack) home(name string, brokers int) string {
	if name == "kafka" {
		return filepath.Join(s.dir, fmt.Sprintf("kafka%d", brokers))
	}
	if kept := s.state[name].Dir; kept != "" {
		if _, err := os.Stat(kept); err == nil {
			return kept
		}
	}
	return filepath.Join(s.dir, name)
}

// down ends the named parts that up started here, all at once.
func down(ctx context.Context, s *stack, o options) error {
	var ours []string
	for _, name := range s.names() {
		if slices.Contains(o.parts, name) {
			ours = append(ours, name)
		}
	}
	errs := make([]error, len(ours))
	var stopping sync.WaitGroup
	for i, name := range ours {
		part := s.state[name]
		stopping.Go(func() { errs[i] = part.Stop(ctx) })
	}
	stopping.Wait()
	for i, name := range ours {
		if errs[i] != nil {
			continue
		}
		if len(s.state[name].Processes) > 0 {
			fmt.Fprintf(o.out, "%-10s ended\n", name)
			errs[i] = s.stopped(name)
		}
		if o.wipe {
			errs[i] = errors.Join(errs[i], s.wipe(name))
		}
	}
	return errors.Join(errs...)
}

// wipe removes a stopped part's data and logs.
func (s *stack) wipe(name string) error {
	dirs := []string{s.state[name].Dir, s.home(name, 1), s.home(name, 3)}
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove %s's data: %w", name, err)
		}
	}
	delete(s.state, name)
	return s.save()
}

func status(_ context.Context, s *stack, o options) error {
	running := 0
	for _, name := range o.parts {
		switch {
		case s.running(name):
			running++
			fmt.Fprintf(o.out, "%-10s up    %s\n", name, shown(s.state[name]))
		case len(s.state[name].Processes) > 0:
			fmt.Fprintf(o.out, "%-10s DEAD  see %s\n", name, s.state[name].Processes[0].Log)
		case s.env[name] != nil:
			fmt.Fprintf(o.out, "%-10s not ours, but in %s\n", name, addresses.File)
		default:
			fmt.Fprintf(o.out, "%-10s down\n", name)
		}
	}
	if running == 0 {
		return errors.New("nothing runs here")
	}
	return nil
}

// env prints what a shell may eval.
func env(_ context.Context, s *stack, o options) error {
	fmt.Fprintf(o.out, "export TURNKEY_STACK='%s'\n", s.dir)
	for _, name := range o.parts {
		if address := s.env[name]; address != nil {
			value := strings.Trim(strings.ReplaceAll(fmt.Sprint(address), " ", ","), "[]")
			fmt.Fprintf(o.out, "export STACK_%s='%s'\n", strings.ToUpper(name), value)
		}
	}
	return nil
}

// shown are a part's addresses without the password.
func shown(p parts.Part) string {
	address := strings.Join(p.Addresses, " ")
	if scheme, rest, found := strings.Cut(address, "://"); found {
		if _, host, hasUser := strings.Cut(rest, "@"); hasUser {
			return scheme + "://...@" + host
		}
	}
	return address
}

func install(ctx context.Context, o options) error {
	missing, err := parts.Missing(o.parts...)
	if err != nil {
		return err
	}
	if len(missing) > 0 && parts.CanInstall() {
		fmt.Fprintln(o.out, "installing, once, some minutes:", parts.AptLine(missing))
	}
	var log strings.Builder
	if err := parts.Install(ctx, missing, &log); err != nil {
		return fmt.Errorf("%w\n%s", err, log.String())
	}
	return nil
}
