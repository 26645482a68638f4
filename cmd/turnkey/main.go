// Command turnkey is the tool for people: it judges, canonicalises, signs and
// explains signed messages on files, and keeps the registry of certificates.
//
// Every command ends with one of three exit codes, which scripts rely on:
//
//	0  yes: verified, done, all checks fine
//	1  no: rejected, refused by a rule, a check warns or fails as doctor says
//	2  nobody knows: wrong usage, a file or a server that could not be read
//
// Answers go to standard output, everything else to standard error. Secrets are
// read from files, never from flags, so that neither a shell's history nor a
// process listing shows them.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv)
	stop()
	os.Exit(code)
}
