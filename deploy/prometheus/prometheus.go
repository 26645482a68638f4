// Package prometheus holds what a Prometheus server is told about the gateway: what to
// scrape, and when to alert.
package prometheus

import "embed"

// Config has prometheus.yml and what it refers to.
//
//go:embed prometheus.yml alerts.yml
var Config embed.FS
