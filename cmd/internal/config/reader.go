// Package config reads a program's configuration from its environment.
//
// A [Reader] is asked for each variable once, by type, with its default and its
// meaning. It goes on after a bad value, so that one start shows every mistake:
// each error names the variable and the mend. What it was asked for is what
// [Reader.Print] shows, so the printed table can't miss a variable.
//
// Secrets never are values here: they arrive as paths of files ([Reader.File]).
// Should one be pasted where a path or an address belongs, it is not repeated in
// an error or in the table.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// A Reader reads the variables of one program. It is for one goroutine.
type Reader struct {
	getenv func(string) string
	prefix string
	shown  []variable
	errs   []error
}

// NewReader returns a reader of the variables whose names begin with prefix, such
// as "GATEWAY_"; the names given to its methods stand without it.
func NewReader(getenv func(string) string, prefix string) *Reader {
	return &Reader{getenv: getenv, prefix: prefix}
}

// Err returns every mistake found so far, one a line, or nil.
func (r *Reader) Err() error { return errors.Join(r.errs...) }

// Mention has f ask for variables that are of no use at present: they are shown, and
// their mistakes are none.
func (r *Reader) Mention(f func(*Reader)) {
	known := len(r.errs)
	f(r)
	r.errs = r.errs[:known]
}

// Refuse records a mistake that only the program can see, such as two variables
// that contradict each other. The mend says what to do about it.
func (r *Reader) Refuse(name, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s%s: %s", r.prefix, name, fmt.Sprintf(format, args...)))
}

// String returns the value of name, def where it is unset.
func (r *Reader) String(name, def, meaning string) string {
	return r.value(name, def, meaning)
}

// Required returns the value of name, which must be set.
func (r *Reader) Required(name, meaning string) string {
	v := r.value(name, "", meaning)
	if v == "" {
		r.Refuse(name, "is required: %s", meaning)
	}
	return v
}

// OneOf returns the value of name, one of the allowed ones, the first of which is
// the default.
func (r *Reader) OneOf(name string, allowed []string, meaning string) string {
	v := r.value(name, allowed[0], meaning)
	for _, a := range allowed {
		if v == a {
			return v
		}
	}
	r.Refuse(name, "%q is none of its values: set one of %s", redact(v), strings.Join(allowed, ", "))
	return allowed[0]
}

// StringList returns the comma-separated values of name, blanks around them
// removed; def where it is unset. An empty def makes the variable required.
func (r *Reader) StringList(name, def, meaning string) []string {
	list := split(r.value(name, def, meaning))
	if len(list) == 0 {
		r.Refuse(name, "is required, separated by commas: %s", meaning)
	}
	return list
}

// Addresses is a [Reader.StringList] of host:port.
func (r *Reader) Addresses(name, def, meaning string) []string {
	list := r.StringList(name, def, meaning)
	for _, item := range list {
		r.checkAddress(name, item)
	}
	return list
}

// Address returns a host:port to listen on, def where it is unset. An empty host
// means every interface. The value "off" gives "": nothing listens.
func (r *Reader) Address(name, def, meaning string) string {
	v := r.value(name, def, meaning)
	if v == "off" {
		return ""
	}
	r.checkAddress(name, v)
	return v
}

// Loopback is an [Reader.Address] that only this machine can reach.
func (r *Reader) Loopback(name, def, meaning string) string {
	v := r.Address(name, def, meaning)
	host, _, err := net.SplitHostPort(v)
	if err != nil {
		return v // "", or refused already
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		r.Refuse(name, "%q can be reached from other machines: use 127.0.0.1 or off", redact(v))
	}
	return v
}

func (r *Reader) checkAddress(name, v string) {
	_, port, err := net.SplitHostPort(v)
	if n, e := strconv.ParseUint(port, 10, 16); err != nil || e != nil || n > 65535 {
		r.Refuse(name, "%q is not host:port: write, for example, 127.0.0.1:6379", redact(v))
	}
}

// Duration returns a length of time such as "250ms" or "3s", from lo to hi.
func (r *Reader) Duration(name string, def, lo, hi time.Duration, meaning string) time.Duration {
	text := r.value(name, def.String(), meaning)
	v, err := time.ParseDuration(text)
	if err != nil || v < lo || v > hi {
		r.Refuse(name, "%q is not a length of time from %v to %v: write, for example, %v", redact(text), lo, hi, def)
		return def
	}
	return v
}

// Int returns a whole number from lo to hi.
func (r *Reader) Int(name string, def, lo, hi int, meaning string) int {
	text := r.value(name, strconv.Itoa(def), meaning)
	v, err := strconv.Atoi(text)
	if err != nil || v < lo || v > hi {
		r.Refuse(name, "%q is not a whole number from %d to %d", redact(text), lo, hi)
		return def
	}
	return v
}

// Bytes returns a size from lo to hi bytes, written plainly or with KiB, MiB, GiB.
func (r *Reader) Bytes(name string, def, lo, hi int64, meaning string) int64 {
	text := r.value(name, formatBytes(def), meaning)
	v, ok := parseBytes(text)
	if !ok || v < lo || v > hi {
		r.Refuse(name, "%q is not a size from %s to %s: write, for example, %s", redact(text), formatBytes(lo), formatBytes(hi), formatBytes(def))
		return def
	}
	return v
}

// Bool returns true or false.
func (r *Reader) Bool(name string, def bool, meaning string) bool {
	text := r.value(name, strconv.FormatBool(def), meaning)
	v, err := strconv.ParseBool(text)
	if err != nil {
		r.Refuse(name, "%q is neither true nor false", redact(text))
		return def
	}
	return v
}

// File returns the path of a file that must be set and readable.
func (r *Reader) File(name, meaning string) string {
	path := r.OptionalFile(name, meaning)
	if path == "" {
		r.Refuse(name, "is required, the path of a file: %s", meaning)
	}
	return path
}

// OptionalFile returns the path of a file, which must be readable where it is set.
func (r *Reader) OptionalFile(name, meaning string) string {
	path := r.value(name, "", meaning)
	r.checkFile(name, path)
	return path
}

// OptionalFiles returns the paths of files, separated by commas, none where it is unset.
func (r *Reader) OptionalFiles(name, meaning string) []string {
	paths := split(r.value(name, "", meaning))
	for _, path := range paths {
		r.checkFile(name, path)
	}
	return paths
}

// Networks returns address ranges in CIDR notation, none where it is unset.
func (r *Reader) Networks(name, meaning string) []netip.Prefix {
	var networks []netip.Prefix
	for _, item := range split(r.value(name, "", meaning)) {
		network, err := netip.ParsePrefix(item)
		if err != nil {
			r.Refuse(name, "%q is no network: write, for example, 10.0.0.0/8,192.0.2.7/32", redact(item))
			continue
		}
		networks = append(networks, network)
	}
	return networks
}

// split returns the values between commas, blanks around them removed.
func split(list string) []string {
	var items []string
	for _, item := range strings.Split(list, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// checkFile refuses a path that is set and can't be read.
func (r *Reader) checkFile(name, path string) {
	if path == "" {
		return
	}
	if strings.Contains(path, "://") {
		r.Refuse(name, "holds a URL: write it to a file that only this program can read, and set the path of that file")
		return
	}
	f, err := os.Open(path)
	if err != nil {
		var cause *os.PathError
		if errors.As(err, &cause) {
			err = cause.Err // the value may be a secret pasted by mistake
		}
		r.Refuse(name, "the file it names can't be opened (%v): create it, or mend the path or its rights", err)
		return
	}
	f.Close()
}

// value returns the variable's text and notes it for the table.
func (r *Reader) value(name, def, meaning string) string {
	v := strings.TrimSpace(r.getenv(r.prefix + name))
	set := v != ""
	if !set {
		v = def
	}
	r.shown = append(r.shown, variable{name: r.prefix + name, value: v, def: def, meaning: meaning, set: set})
	return v
}

// redact hides what looks like a secret pasted where it doesn't belong: the password
// in a URL, and all of any other text that may hold one.
func redact(v string) string {
	if strings.Contains(strings.ToLower(v), "password=") || strings.ContainsAny(v, "\r\n") {
		return "(hidden)"
	}
	if u, err := url.Parse(v); err == nil && u.User != nil {
		return u.Redacted()
	}
	if strings.Contains(v, "@") {
		return "(hidden)"
	}
	return v
}
