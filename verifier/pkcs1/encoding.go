package pkcs1

import "crypto"

// digestInfo gives the DER of a DigestInfo up to the digest's octets (RFC 8017, 9.2,
// note 1), with the NULL parameters that the note requires: an encoding without them is
// another message and is refused.
func digestInfo(hash crypto.Hash) []byte {
	switch hash {
	case crypto.SHA1:
		return sha1Info
	case crypto.SHA256:
		return sha256Info
	case crypto.SHA384:
		return sha384Info
	case crypto.SHA512:
		return sha512Info
	}
	return nil
}

var (
	sha1Info   = []byte{0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14}
	sha256Info = sha2Info(1, 32)
	sha384Info = sha2Info(2, 48)
	sha512Info = sha2Info(3, 64)
)

// sha2Info is the prefix for the SHA-2 function numbered under NIST's arc
// 2.16.840.1.101.3.4.2, whose digest has that many octets.
func sha2Info(number, octets byte) []byte {
	return []byte{
		0x30, 17 + octets, 0x30, 0x0d, 0x06, 0x09,
		0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, number,
		0x05, 0x00, 0x04, octets,
	}
}

// encode fills em with EMSA-PKCS1-v1_5 (RFC 8017, 9.2): 00 01, FF to fill, 00,
// DigestInfo. It reports whether the hash is one of ours and the digest of its length;
// the shortest modulus has room for the longest DigestInfo and the eight FF required.
func encode(em []byte, hash crypto.Hash, digest []byte) bool {
	info := digestInfo(hash)
	if info == nil || len(digest) != hash.Size() {
		return false
	}
	separator := len(em) - len(info) - len(digest) - 1
	em[0], em[1] = 0, 1
	for i := 2; i < separator; i++ {
		em[i] = 0xff
	}
	em[separator] = 0
	copy(em[separator+1:], info)
	copy(em[separator+1+len(info):], digest)
	return true
}
