// Package pkcs1 verifies RSASSA-PKCS1-v1_5 signatures (RFC 8017, 8.2) with keys that
// were prepared once.
package pkcs1
