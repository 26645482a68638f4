#!/usr/bin/env bash
# Runs every test against real Kafka, PostgreSQL, Redis, Prometheus and SoftHSM2: `make test`.
#
# The parts are a private stack on free ports, in .stack-test, and are ended and removed
# however this ends. Logs are left in .test-output.
set -euo pipefail
cd "$(dirname "$0")/.."

output=.test-output
stack=$PWD/.stack-test
mkdir -p "$output"

# Servers and tests mustn't inherit the lock, hence 9>&- below.
exec 9>"$output/lock"
flock -n 9 || { echo "make test: another one runs in this directory" >&2; exit 1; }

say() { printf '%4ds  %s\n' "$SECONDS" "$*"; }

end() {
  local status=$?
  trap - EXIT
  if [ -x "$output/stack" ] && [ -d "$stack" ]; then
    for log in "$stack"/*/*.log "$stack"/kafka*/broker*/kafka.log; do
      [ -f "$log" ] && cp "$log" "$output/"
    done
    "$output/stack" down --dir "$stack" --wipe >"$output/stack-down.log" 2>&1 || { cat "$output/stack-down.log" >&2; status=1; }
    rm -rf "$stack"
  fi
  if [ "$status" = 0 ]; then say "all tests passed"; else say "FAILED; logs are in $output/" >&2; fi
  exit "$status"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

go build -o "$output/stack" ./deploy/local
"$output/stack" install --parts kafka,postgres,redis,prometheus,tests 9>&-

say "vet and gofmt"
go vet ./...
unformatted=$(gofmt -l bench cmd deploy ingest registry verifier)
if [ -n "$unformatted" ]; then
  echo "not formatted by gofmt:" $unformatted >&2
  exit 1
fi

say "starting the parts"
"$output/stack" down --dir "$stack" --wipe >/dev/null # left by a run that was killed
"$output/stack" up --dir "$stack" --ports auto 9>&-
export TURNKEY_STACK=$stack

# The race detector is for the rooms whose goroutines share state.
raced='^turnkey-gateway/(ingest|registry|cmd/gateway|cmd/cardagent|bench/soak/embedded)(/|$)'
# Tests of how pages look, and journeys through them, are the browser's work, a minute and more of it: they go without.
looks='Looks?Right$|^TestJourney'
say "tests with the race detector: ingest, registry, cmd/gateway, cmd/cardagent, faults on embedded parts"
status=0
# shellcheck disable=SC2046
go test -count=1 -timeout 20m -race -skip "$looks" $(go list ./... | grep -E "$raced") 9>&- 2>&1 | tee "$output/race.log" || status=1
# The verifier's workers share keys and memos. It runs without the detector too, below: that is when allocations are counted.
say "tests with the race detector: verifier"
go test -count=1 -timeout 20m -race ./verifier/... 9>&- 2>&1 | tee "$output/race-verifier.log" || status=1
say "tests of how the registration site looks, and journeys through it"
go test -count=1 -timeout 20m -run "$looks" ./registry/portal/ 9>&- 2>&1 | tee "$output/looks.log" || status=1
say "tests of the other rooms"
# shellcheck disable=SC2046
go test -count=1 -timeout 10m $(go list ./... | grep -vE "$raced") 9>&- 2>&1 | tee "$output/tests.log" || status=1
say "tests of the verifier without its assembly"
go test -count=1 -timeout 10m -tags purego ./verifier/... 9>&- 2>&1 | tee "$output/purego.log" || status=1
exit "$status"
