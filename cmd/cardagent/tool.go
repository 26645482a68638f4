package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"turnkey-gateway/cmd/internal/config"
	"turnkey-gateway/registry/challenge"
)

// Exit codes, the same for every command.
const (
	exitYes     = 0
	exitNo      = 1
	exitUnknown = 2
)

// defaultListen is beside the port of HiPKI's component, 61161.
const defaultListen = "127.0.0.1:61162"

// errNo ends a command that has said why already.
var errNo = errors.New("no")

// A tool is one run of the program.
type tool struct {
	stdout, stderr io.Writer

	config   string
	module   string
	listen   string
	logLevel slog.LevelVar
}

// run is the program without its process: tests call it too.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	t := &tool{stdout: stdout, stderr: stderr}
	root := t.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitYes
	case errors.Is(err, errNo):
		return exitNo
	}
	fmt.Fprintln(stderr, "cardagent:", err)
	return exitUnknown
}

func (t *tool) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "cardagent",
		Short: "Let sites that you allow ask your smart card for a login signature",
		Long: `cardagent lets a web site that you allowed ask the smart card in your reader to prove
that you are there: for registration, login and the replacement of certificates at the
customs registration portal. Run it while you use such a site, or at login.
讀卡元件：讓您允許的網站透過讀卡機使用自然人憑證或工商憑證卡。使用網站時請保持執行。

First steps  第一次使用:
  1. Install the card's driver (HiCOS) and connect the reader.  安裝 HiCOS 並接上讀卡機
  2. cardagent allow https://portal.example                     允許網站
  3. cardagent doctor                                           檢查讀卡機、卡片與憑證
  4. cardagent                                                  執行；網頁會自動找到它

What it does, and doesn't:
  It signs only a sentence of its own, which holds the site, the purpose and a number of the
  site's that is used once. No site can have it sign a document, a message or a transfer.
  Only sites that you allowed here are served; no site can allow itself.
  Your PIN goes from the page to the card, nowhere else, and is kept nowhere.
  It never uses up your card's last try of a PIN unless you confirm it in the page.
  It listens on this computer only (` + defaultListen + `).

Exit codes: 0 yes, 1 no, 2 nobody knows (wrong usage, something not readable).`,
		Version: config.Version(), Args: noArguments, SilenceErrors: true, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return t.serve(cmd.Context()) },
	}
	root.SetVersionTemplate("cardagent {{.Version}}\n")
	root.PersistentFlags().StringVar(&t.config, "config", "", "`DIRECTORY` of cardagent.json (default: turnkey-cardagent in your configuration directory)")
	root.PersistentFlags().StringVar(&t.module, "module", "", "absolute `PATH` of the PKCS#11 module (default: the settings', else HiCOS, OpenSC or SoftHSM2, whichever is there first)")
	root.PersistentFlags().StringVar(&t.listen, "listen", "", "loopback `ADDRESS` to serve on (default: the settings', else "+defaultListen+")")
	root.PersistentFlags().TextVar(&t.logLevel, "log-level", &slog.LevelVar{}, "debug, info, warn or error; no level logs PINs, nonces or names")
	root.AddCommand(
		&cobra.Command{
			Use: "serve", Short: "Serve the allowed sites until interrupted; what cardagent does by itself 執行", Args: noArguments,
			RunE: func(cmd *cobra.Command, _ []string) error { return t.serve(cmd.Context()) },
		},
		&cobra.Command{
			Use: "allow ORIGIN...", Short: "Let a site ask for signatures 允許網站", Args: cobra.MinimumNArgs(1),
			Long: `Let a site ask for signatures: its address up to the first single slash, as the browser
shows it, https://portal.example or https://portal.example:8443. http:// is for sites on this
very computer only. It counts at once, for an agent that runs already too.`,
			Example: "  cardagent allow https://portal.example",
			RunE:    func(_ *cobra.Command, args []string) error { return t.allow(args) },
		},
		&cobra.Command{
			Use: "forbid ORIGIN...", Short: "Serve a site no longer 取消允許網站", Args: cobra.MinimumNArgs(1),
			RunE: func(_ *cobra.Command, args []string) error { return t.forbid(args) },
		},
		&cobra.Command{
			Use: "origins", Short: "List the allowed sites 列出已允許的網站", Args: noArguments,
			RunE: func(*cobra.Command, []string) error { return t.origins() },
		},
		&cobra.Command{
			Use: "doctor", Short: "Tell what is found: module, readers, cards, certificates 檢查", Args: noArguments,
			RunE: func(cmd *cobra.Command, _ []string) error { return t.doctor(cmd.Context()) },
		},
	)
	return root
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unknown argument %q, see %s --help", args[0], cmd.CommandPath())
	}
	return nil
}

// settings returns the file, and what it says where the flags don't say otherwise.
func (t *tool) settings() (settingsFile, Settings, error) {
	file, err := settingsIn(t.config)
	if err != nil {
		return "", Settings{}, err
	}
	s, err := file.read()
	if err != nil {
		return "", Settings{}, err
	}
	if t.module != "" {
		s.Module = t.module
	}
	if s.Module != "" && !filepath.IsAbs(s.Module) {
		return "", Settings{}, fmt.Errorf("--module %q: give the absolute path", s.Module)
	}
	if t.listen != "" {
		s.Listen = t.listen
	}
	if s.Listen == "" {
		s.Listen = defaultListen
	}
	return file, s, nil
}

func (t *tool) serve(ctx context.Context) error {
	file, s, err := t.settings()
	if err != nil {
		return err
	}
	if !signByModule {
		_, err := findModule("")
		return errors.Unwrap(err)
	}
	log := slog.New(slog.NewTextHandler(t.stderr, &slog.HandlerOptions{Level: &t.logLevel}))
	if len(s.Origins) == 0 {
		log.Warn("no site is allowed yet: run `cardagent allow https://...`; it counts at once")
	}
	server := &server{desk: newDesk(opener(s.Module), time.Now), allows: file.allows, log: log, agent: config.Version(), now: time.Now}
	return server.listen(ctx, s.Listen, func(at net.Addr) { log.Info("card agent started", "listen", at.String()) })
}

func (t *tool) allow(origins []string) error {
	return t.change(origins, func(s *Settings, origin string) error {
		if err := challenge.CheckOrigin(origin); err != nil {
			return fmt.Errorf("allow %q: %w", origin, err)
		}
		if slices.Contains(s.Origins, origin) {
			fmt.Fprintf(t.stdout, "已經允許 already allowed: %s\n", origin)
			return nil
		}
		s.Origins = append(s.Origins, origin)
		fmt.Fprintf(t.stdout, "已允許 allowed: %s\n", origin)
		return nil
	})
}

func (t *tool) forbid(origins []string) error {
	return t.change(origins, func(s *Settings, origin string) error {
		at := slices.Index(s.Origins, origin)
		if at < 0 {
			return fmt.Errorf("forbid %q: it isn't allowed anyway, see cardagent origins", origin)
		}
		s.Origins = slices.Delete(s.Origins, at, at+1)
		fmt.Fprintf(t.stdout, "已取消 forbidden: %s\n", origin)
		return nil
	})
}

// change edits the settings' origins, all of those named or none.
func (t *tool) change(origins []string, edit func(*Settings, string) error) error {
	file, err := settingsIn(t.config)
	if err != nil {
		return err
	}
	s, err := file.read()
	if err != nil {
		return err
	}
	for _, origin := range origins {
		// People copy addresses with the slash that browsers put behind them.
		if err := edit(&s, strings.TrimSuffix(origin, "/")); err != nil {
			return err
		}
	}
	return file.write(s)
}

func (t *tool) origins() error {
	_, s, err := t.settings()
	if err != nil {
		return err
	}
	if len(s.Origins) == 0 {
		fmt.Fprintln(t.stderr, "尚未允許任何網站。 No site is allowed yet: cardagent allow https://portal.example")
		return errNo
	}
	for _, origin := range s.Origins {
		fmt.Fprintln(t.stdout, origin)
	}
	return nil
}
