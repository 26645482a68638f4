package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"turnkey-gateway/cmd/internal/mailcatcher"
)

// startMail runs a mail server that keeps what it is given, with a page at address to read
// it, and returns the server's host:port. Links to the portal's origin work there.
func startMail(address, origin string, u *undo) (server string, err error) {
	catcher, err := mailcatcher.Start(mailcatcher.Config{Origin: origin})
	if err != nil {
		return "", err
	}
	u.add("stop the mail catcher", catcher.Close)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("serve the mail catcher's page: %w", err)
	}
	page := &http.Server{Handler: catcher.Handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- page.Serve(listener) }()
	u.add("stop the mail catcher's page", func(context.Context) error {
		err := page.Close()
		if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
			err = errors.Join(err, ended)
		}
		return err
	})
	return catcher.Addr(), nil
}
