package main

import (
	"flag"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest"
)

// An assignment is what a contender that this program is was told to do.
type assignment struct {
	brokers                     []string
	group                       string
	inbound, verified, rejected string
	certificates                string // file
}

func readAssignment(who string, args []string) (assignment, error) {
	var a assignment
	flags := flag.NewFlagSet(who, flag.ContinueOnError)
	brokers := flags.String("brokers", "", "")
	flags.StringVar(&a.group, "group", "", "")
	flags.StringVar(&a.inbound, "inbound", "", "")
	flags.StringVar(&a.verified, "verified", "", "")
	flags.StringVar(&a.rejected, "rejected", "", "")
	flags.StringVar(&a.certificates, "certificates", "", "")
	err := flags.Parse(args)
	a.brokers = strings.Split(*brokers, ",")
	return a, err
}

// transport is the gateway's own, see newCluster of cmd/gateway.
func (a assignment) transport() *kafka.Transport {
	return &kafka.Transport{
		Dial: ingest.Dial, ClientID: a.group, MetadataTTL: 2 * time.Second,
		MetadataTopics: []string{a.inbound, a.verified, a.rejected},
	}
}
