// Command differential holds the verifier against the JDK, xmlsec1 with libxml2, and
// goxmldsig, on generated documents and on changes of them, for as long as it is let.
//
// It goes on with the seed after the last one tried: what was counted is kept in a
// directory of its own, and filed in bench/results/ whenever it ends, by itself or by
// Ctrl-C. A finding is a file there, and a failure.
package main

import (
	"context"
	"os"

	"turnkey-gateway/bench/command"
)

func main() { command.Main("differential", run) }

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.replay {
		return replay(o, os.Stdout)
	}
	return campaign(ctx, o, os.Stderr)
}
