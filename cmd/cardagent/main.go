// Command cardagent stands between a browser and the smart card of the person in front of
// it: a page asks by WebSocket, on loopback, and the agent has the card sign by PKCS#11.
//
// It signs nothing but its own sentence (package challenge), composed of the purpose asked
// for, the Origin of the WebSocket handshake and the server's nonce: no bytes of a page ever
// reach a card. It serves only the sites that its user allowed, on the command line, never
// through the WebSocket. It never uses any key but SIGN, never spends a card's last try of
// a PIN by itself, and keeps no PIN: PINs, nonces and names are in no log.
//
// PROTOCOL.md beside this file is what pages and the agent say to each other.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
