// Command soak plays seeded schedules of faults against gateways under traffic, and audits
// after each what came of every message: see packages embedded and cluster for the two
// worlds it does so in, and package rig for the audit.
//
// Seeds done on one commit add up over runs; another commit starts anew. What there is is
// filed in bench/results/ whenever it ends, by itself or by Ctrl-C. A seed that failed once
// counts as failed, and one command replays it.
package main

import (
	"context"
	"os"

	"turnkey-gateway/bench/command"
)

func main() { command.Main("soak", run) }

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.replay {
		return replay(ctx, o, o.opener(os.Stderr), os.Stdout)
	}
	return campaign(ctx, o, o.opener(os.Stderr), os.Stderr)
}
