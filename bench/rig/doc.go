// Package rig puts the real programs under traffic whose outcome is known beforehand:
// it makes key files and topics, registers a corpus, runs bin/portal and bin/gateway as
// child processes, sends planned messages and holds every outcome against its plan.
//
// The demo and the end-to-end measurements build on it.
package rig
