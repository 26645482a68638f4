package registry

import "errors"

// maxDepth bounds how deep BER may nest: certificates in PKCS#7 nest some 15 deep.
const maxDepth = 32

var errBER = errors.New("it isn't well-formed BER, or nests too deep")

// checkBER refuses BER that would cost package pkcs7 more than a pass over it. That
// rewrites BER as DER by recursion, copying the innermost content once per level, and
// reads anew what an element claims beyond the end of the one that it stands in: a file
// of 200 KB took 12 s. The scan reads as that package does, which takes at least one
// element before an end-of-contents mark; trailing bytes are its to judge.
func checkBER(data []byte) error {
	const indefinite = -1
	var ends []int // of the elements that are open
	at := 0
	for {
		constructed, length, body, ok := berHeader(data, at)
		if !ok || length == indefinite && !constructed || length > len(data)-body {
			return errBER
		}
		at = body
		switch {
		case !constructed:
			at += length
		case length != 0: // open it, and read its first element
			if len(ends) == maxDepth {
				return errBER
			}
			end := body + length
			if length == indefinite {
				end = indefinite
			}
			ends = append(ends, end)
			continue
		}
		// An element has ended, and perhaps those that it stands in.
		for len(ends) > 0 {
			end := ends[len(ends)-1]
			if end == indefinite && len(data)-at >= 2 && data[at] == 0 && data[at+1] == 0 {
				at += 2
			} else if end == indefinite || at < end {
				break
			} else if at > end {
				return errBER
			}
			ends = ends[:len(ends)-1]
		}
		if len(ends) == 0 {
			return nil
		}
	}
}

// berHeader reads an identifier and a length, -1 for the indefinite form (X.690, 8.1.2
// and 8.1.3), of at most 4 octets.
func berHeader(data []byte, at int) (constructed bool, length, body int, ok bool) {
	next := func() (octet byte) {
		if ok = at < len(data); ok {
			octet = data[at]
			at++
		}
		return octet
	}
	first := next()
	constructed = first&0x20 != 0
	if ok && first&0x1f == 0x1f {
		for ok && next() >= 0x80 {
		}
	}
	if !ok {
		return constructed, 0, at, false
	}
	length = int(next())
	switch {
	case !ok || length < 0x80:
		return constructed, length, at, ok
	case length == 0x80:
		return constructed, -1, at, true
	case length > 0x84:
		return constructed, 0, at, false
	}
	octets := length & 0x7f
	length = 0
	for range octets {
		length = length<<8 | int(next())
	}
	return constructed, length, at, ok && length < 1<<31
}
