// Package kafka says which Apache Kafka the local stack runs: the Maven project that
// names its jars.
package kafka

import (
	_ "embed"
	"regexp"
)

// pom is the Maven project whose runtime dependencies are one Kafka with its tools.
//
//go:embed pom.xml
var pom []byte

var versionLine = regexp.MustCompile(`<kafka\.version>.*</kafka\.version>`)

// Project is the Maven project whose runtime dependencies are one Kafka with its tools,
// of the version that pom.xml names where none is given.
func Project(version string) []byte {
	if version == "" {
		return pom
	}
	return versionLine.ReplaceAllLiteral(pom, []byte("<kafka.version>"+version+"</kafka.version>"))
}
