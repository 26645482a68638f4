package main

import (
	"time"

	"turnkey-gateway/verifier"
)

// A view is what the summary shows of one moment.
type view struct {
	Now     time.Time
	Running time.Duration // since the traffic began
	Ready   time.Duration // from the start until everything was ready
	First   time.Duration // from the start until the first verified message; 0 before it
	Ending  bool          // no more is sent, the rest is waited for

	// Per second, over the last few seconds.
	Sent, Verified, Rejected float64

	Planned     int // messages sent
	AsPlanned   int // outcomes that are what the plan says, with the bytes that were sent
	Otherwise   int // outcomes that are not
	Waiting     int // messages without an outcome yet
	Quarantined int

	Verdicts []verdictCount // in the order of the reasons, Verified first

	Seen   spread // from sending a message to reading its outcome
	Inside spread // from the broker's timestamp to the outcome's acknowledgement, by the gateway's metrics
	Judge  spread // reading and judging one document, by the gateway's metrics

	Levels   []level // lookups of senders, by where they were answered
	Shadow   shadow  // by the gateway's metrics
	Changes  []change
	Examples []example
	Faults   []string // what is otherwise than planned, newest last

	Visitors  []address // what they may open and try
	Addresses []address
}

// A verdictCount is how often a reason was given.
type verdictCount struct {
	Reason    verifier.Reason
	Total     int
	PerSecond float64
}

// A spread is two quantiles of a duration; zero if nothing was measured lately.
type spread struct{ P50, P99 time.Duration }

// A level is one place where lookups are answered.
type level struct {
	Name  string
	Count float64
}

// A shadow is how many verdicts had a second opinion, and what it was.
type shadow struct{ Agrees, Disagrees, None float64 }

// A change is one of the registry, and how soon the gateway showed it.
type change struct {
	At     time.Time
	What   string // "registered" or "revoked"
	Serial string
	Effect string        // what shows it, e.g. "first rejection"
	After  time.Duration // from the commit to that; 0 while it is waited for
}

// An example is a message that was just rejected.
type example struct {
	Sender string // the party's name
	Fault  string // what is wrong with it, by plan
	Size   int    // bytes
	Reason verifier.Reason
}

// An address is something to open or to paste.
type address struct{ Label, Value string }
