package main

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"turnkey-gateway/verifier"
)

// newEngineInfo shows which of the processor's instructions verify: machines of one group
// that differ in it differ in how much they take.
func newEngineInfo(reg prometheus.Registerer) {
	in := verifier.InstructionsUsed()
	promauto.With(reg).NewGauge(prometheus.GaugeOpts{
		Name:        "turnkey_engine_info",
		Help:        "Always 1; labels name the instructions by which the engine works, see verifier.Instructions.",
		ConstLabels: prometheus.Labels{"rsa": in.RSA, "sha256": in.SHA256, "scan": in.Scan},
	}).Set(1)
}
