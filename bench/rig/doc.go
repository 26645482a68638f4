// Package rig puts the real programs under traffic whose outcome is known beforehand:
// it makes key files and topics, registers a corpus, runs bin/portal and bin/gateway as
// child processes, sends planned messages and holds every outcome against its plan.
//
// The demo builds on it, and so do bench's e2e, hostile, pipeline and soak.
package rig
