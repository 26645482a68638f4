// Command scale says what 100,000 messages a second need, on paper, from what one message
// was measured to cost, and simulates what such a site does when it is disturbed: it
// writes its chapter of bench/README.md and the plot beside it.
//
// The simulation has no clock but its own and one seed: the same inputs give the same page.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	results := flags.String("results", "bench/results", "`directory` with the pages whose figures are used, and for the plot")
	readme := flags.String("readme", "bench/README.md", "`file` whose chapter is written; empty: only printed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	in, err := readInputs(*results)
	if err != nil {
		return err
	}
	var all []observation
	for _, sc := range scenarios {
		fmt.Fprintf(os.Stderr, "%s ...\n", sc.name)
		all = append(all, observe(sc, size(in, loads[0], perSecond), in))
	}
	text := section(in, all, "results/"+drawing)
	if *readme == "" {
		fmt.Print(text)
		return nil
	}
	svg, err := backlogs(all, "burst", "rolling restart of the gateways", "a gateway is killed", "restart of a broker").Draw()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(*results, drawing), svg, 0o644); err != nil {
		return err
	}
	return replaceChapter(*readme, text)
}

const drawing = "scale-backlog.svg"

// Where the chapter begins and ends.
const (
	chapterBegin = "<!-- written by go run ./bench/scale -->\n"
	chapterEnd   = "<!-- end of what bench/scale wrote -->\n"
)

// replaceChapter writes the chapter in a file's place for it.
func replaceChapter(path, text string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(old), chapterBegin)
	_, after, ended := strings.Cut(rest, chapterEnd)
	if !found || !ended {
		return fmt.Errorf("%s has no place for the chapter: %q ... %q", path, chapterBegin, chapterEnd)
	}
	return os.WriteFile(path, []byte(before+chapterBegin+text+"\n"+chapterEnd+after), 0o644)
}
