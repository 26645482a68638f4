package challenge

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// ErrOrigin is what [CheckOrigin] returns.
var ErrOrigin = errors.New("not an origin: https://host or https://host:port in lower case, http:// on loopback only, without a path")

// maxHost is the longest name in the DNS (RFC 1035, 2.3.4), in octets.
const maxHost = 253

// CheckOrigin returns [ErrOrigin] unless origin is spelt as browsers spell it in an Origin
// header (RFC 6454, 6.2): a scheme, a host in lower case and ASCII, and a port where it
// isn't the scheme's own. The scheme is https; http only for hosts of this very machine,
// whose traffic nobody else can read.
func CheckOrigin(origin string) error {
	scheme, rest, _ := strings.Cut(origin, "://")
	host, port := rest, ""
	if at := strings.LastIndexByte(rest, ':'); at >= 0 && !strings.HasSuffix(rest, "]") {
		host, port = rest[:at], rest[at+1:]
		if !isPort(port) || port == ownPort(scheme) {
			return ErrOrigin
		}
	}
	loopback, ok := readHost(host)
	if !ok || scheme != "https" && (scheme != "http" || !loopback) {
		return ErrOrigin
	}
	return nil
}

func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0 && strconv.FormatUint(n, 10) == port
}

func ownPort(scheme string) string {
	switch scheme {
	case "https":
		return "443"
	case "http":
		return "80"
	}
	return ""
}

// readHost tells whether a host is spelt in its one way, and whether it is this machine.
func readHost(host string) (loopback, ok bool) {
	if inside, bracketed := strings.CutPrefix(host, "["); bracketed {
		inside, closed := strings.CutSuffix(inside, "]")
		ip, err := netip.ParseAddr(inside)
		return ip.IsLoopback(), closed && err == nil && ip.Is6() && !ip.Is4In6() && ip.Zone() == "" && ip.String() == inside
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback(), ip.Is4()
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if !isLabel(label) {
			return false, false
		}
	}
	// Browsers read a host whose last label is a number as an IPv4 address, which it isn't.
	last := labels[len(labels)-1]
	if len(host) > maxHost || last[0] >= '0' && last[0] <= '9' {
		return false, false
	}
	return host == "localhost", true
}

// isLabel is RFC 1123, 2.1: letters, digits and hyphens, at most 63; here in lower case.
func isLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for _, c := range []byte(label) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
