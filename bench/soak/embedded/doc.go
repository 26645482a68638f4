// Package embedded is the world of the fault harness that is all in one process: gateways
// are values of package ingest, the broker is kfake, the registry is a model of one. So
// faults can be set to the very step of a gateway's loop at which they are to strike.
//
// A seed decides which faults strike at which steps, in which order and company. The rest
// is progress: a fault waits for a gateway to come to its step, traffic goes on until all
// faults have struck, and then the logs are audited by package rig.
//
// What it models, and how:
//
//   - SIGKILL: all connections of a gateway are severed at once, and it can make no new
//     one. Nothing that it does afterwards reaches a broker.
//   - SIGSTOP: connections, clock, registry and engine of a gateway stand still. What it
//     was writing at the time fails when it goes on, if the deadline has passed.
//   - A clock that jumps: the wall's reading does, the monotonic one doesn't, as on Linux.
//   - Sessions of the consumer group are shorter for the broker than for the gateways, so
//     that seeds are. All other limits are the gateways' own.
//   - Times of appends are taken at the broker, as it takes up the request that appends.
package embedded
