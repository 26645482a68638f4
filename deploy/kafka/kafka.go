// Package kafka says which Apache Kafka the local stack runs: the Maven project that
// names its jars.
package kafka

import _ "embed"

// POM is the Maven project whose runtime dependencies are one Kafka with its tools.
//
//go:embed pom.xml
var POM []byte
