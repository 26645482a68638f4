// Command gateway judges the signed messages of a Kafka topic: each record's bytes go
// out unchanged on the verified or the rejected topic, with the verdict in headers.
//
// It is configured by GATEWAY_* environment variables alone; --help explains them.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(1)
	}
}
