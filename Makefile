# Every command a person needs here; `make` alone lists them.
SHELL := /bin/bash

BROKERS  ?= 1
STACK    ?= .stack
FUZZTIME ?= 20s

# A clone that belongs to another user can't be asked for its commit: build without one.
BUILD = go build $(shell git rev-parse HEAD >/dev/null 2>&1 || echo -buildvcs=false)
LOCAL = go run ./deploy/local

.DEFAULT_GOAL := help
.PHONY: help build run run-real stack stack-down test lint measure measure-fresh bench bench-engine bench-pipeline scale fuzz soak clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build the programs into bin/
	@$(BUILD) -o bin/ ./cmd/...

run: ## the demo: everything on embedded parts, with sample traffic; Ctrl-C ends it (ARGS='--for 20s')
	@$(BUILD) -o bin/ ./cmd/...
	@exec bin/demo $(ARGS)

run-real: stack ## the demo against the stack's Kafka, PostgreSQL and Redis
	@$(BUILD) -o bin/ ./cmd/...
	@exec bin/demo --stack $(STACK) $(ARGS)

stack: ## start Kafka, PostgreSQL, Redis and Prometheus on loopback ports (BROKERS=1|3)
	@$(LOCAL) install
	@$(LOCAL) up --dir $(STACK) --brokers $(BROKERS)

stack-down: ## end the stack; its data stays in .stack
	@$(LOCAL) down --dir $(STACK)

test: ## every test, against real parts; installs what is missing (root on Debian)
	@deploy/test.sh

lint: ## go vet, gofmt, staticcheck
	@go vet ./...
	@unformatted=$$(gofmt -l bench cmd deploy ingest registry verifier); \
	  if [ -n "$$unformatted" ]; then echo "not formatted by gofmt:" $$unformatted >&2; exit 1; fi
	@go tool staticcheck ./...

measure: stack ## measure the gateway on the stack; files the figures in bench/results/ (ARGS='--only floods')
	@$(BUILD) -o bin/ ./cmd/...
	@go run ./bench/e2e --stack $(STACK) $(ARGS)

measure-fresh: ## time make run and make test in a fresh clone of HEAD; files them in bench/results/
	@bench/fresh.sh

bench-engine: ## the engine against xmlsec1, the JDK and goxmldsig; files page and plot in bench/results/
	@$(LOCAL) install --parts tests
	@go run ./bench/engine

bench-pipeline: ## the gateway end to end against copying and a plain consumer (ARGS='--brokers 3'); files page and plots
	@$(LOCAL) install
	@$(BUILD) -o bin/ ./cmd/gateway ./cmd/portal ./bench/pipeline
	@exec bin/pipeline $(ARGS)

scale: ## what 100,000 messages a second need, on paper and simulated; writes its chapter of bench/README.md
	@go run ./bench/scale

bench: ## Go benchmarks of the rooms
	@go test -run '^$$' -bench . -benchmem ./verifier/... ./ingest/... ./registry/...

# Go's fuzzing reports its own time limit as a failure now and then (golang/go#75804): then there is no failing input.
FUZZ_ENDED = { grep -q 'context deadline exceeded' .test-output/fuzz.log && ! grep -q 'Failing input' .test-output/fuzz.log; }

fuzz: ## every fuzz test for a while (FUZZTIME=20s each), then documents against the oracles (ARGS='--for 1h')
	@$(LOCAL) install --parts tests
	@mkdir -p .test-output
	@grep -rl --include='*_test.go' '^func Fuzz' bench cmd deploy ingest registry verifier | xargs -n1 dirname | sort -u | \
	while read -r dir; do \
	  laws=$$(go test -list '^Fuzz' "./$$dir") || { echo "$$laws" >&2; exit 1; }; \
	  for law in $$(grep '^Fuzz' <<<"$$laws"); do \
	    echo "$$dir $$law"; \
	    go test -run '^$$' -fuzz "^$$law\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "./$$dir" 2>&1 | tee .test-output/fuzz.log; \
	    [ $${PIPESTATUS[0]} = 0 ] || $(FUZZ_ENDED) || exit 1; \
	  done; \
	done
	@$(BUILD) -o bin/ ./bench/differential
	@exec bin/differential $(ARGS)

soak: ## seeded faults against gateways, every message audited; adds up over runs (ARGS='--for 1h')
	@$(LOCAL) install
	@$(BUILD) -o bin/ ./cmd/... ./bench/soak
	@exec bin/soak $(ARGS)

clean: ## end the stack, and remove its data and whatever was built
	@$(LOCAL) down --dir $(STACK) --wipe
	@rm -rf bin .test-output
