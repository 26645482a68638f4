package main

import (
	"fmt"
	"net"
	"strconv"
)

// usual are the loopback ports that the demo has every time, so that a page left open is
// good again, unless somebody else has them.
const (
	usualKafka = 19092 + iota
	usualGateway
	usualGatewayPprof
	usualPortal
	usualPortalPprof
)

// What people open or browsers call; the card agent's is its own default.
const (
	usualPages = 19180
	usualMail  = 19181
	usualAgent = 61162
)

// addressesOr returns a loopback address for each of the usual ports, with another port
// where somebody listens on that one. Somebody may still take it before the program that
// it is for does; that program then fails and says so.
func addressesOr(usual ...int) ([]string, error) {
	all := make([]string, len(usual))
	for i, port := range usual {
		l, err := net.Listen("tcp", loopback(port))
		if err != nil {
			l, err = net.Listen("tcp", loopback(0))
		}
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close() // all at once, lest one port be found twice
		all[i] = l.Addr().String()
	}
	return all, nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
