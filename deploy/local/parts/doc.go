// Package parts runs the real servers that the gateway needs, PostgreSQL, Redis, Apache
// Kafka and Prometheus, as private processes on loopback ports.
//
// Each part has its own directory, which holds its data and its log; nothing outside it
// is written, the cache of Kafka's jars aside. A part is returned only when it answers;
// one that doesn't in time is ended, and the error carries the tail of its log.
//
// The servers are for development, demonstration and tests: they listen on 127.0.0.1
// without TLS, and only Postgres asks for a password.
package parts
