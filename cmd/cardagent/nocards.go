//go:build !cgo

package main

import "errors"

// signByModule tells whether this build can use cards at all.
const signByModule = false

// opener tells that this build can't reach a card: PKCS#11 modules are C libraries.
func opener(string) func() (module, error) {
	return func() (module, error) { return nil, newFault(noModule, errWithoutCgo) }
}

func findModule(string) (string, error) { return "", newFault(noModule, errWithoutCgo) }

var errWithoutCgo = errors.New("this cardagent was built without cgo (CGO_ENABLED=0) and can use no card: build it with a C compiler and CGO_ENABLED=1")
