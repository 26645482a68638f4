package differential

import (
	"runtime/debug"

	"turnkey-gateway/verifier/verifiertest/oracle"
)

// Start starts the oracles that run as processes; close ends them. An error may be
// [oracle.ErrMissing]: all are needed, for what one does not see, the other may.
func Start() (all []Oracle, close func(), err error) {
	var started []*oracle.Process
	close = func() {
		for _, p := range started {
			p.Close()
		}
	}
	for _, start := range []func() (*oracle.Process, error){oracle.JDK, oracle.Libxml2} {
		p, err := start()
		if err != nil {
			close()
			return nil, nil, err
		}
		started = append(started, p)
		all = append(all, p)
	}
	return all, close, nil
}

// GoxmldsigVersion is the version of goxmldsig in this program.
func GoxmldsigVersion() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, m := range build.Deps {
			if m.Path == "github.com/russellhaering/goxmldsig" {
				return m.Version
			}
		}
	}
	return "of an unknown version"
}
