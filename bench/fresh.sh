#!/usr/bin/env bash
# Times what a newcomer waits for in a fresh clone of HEAD: `make run` up to its first
# verified message, with a transcript, and `make test`. Both are filed in bench/results/
# only if both succeed. Modules and jars that this user fetched before are not fetched again.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
git clone -q . "$clone/main"
commit=$(git -C "$clone/main" describe --always)
cd "$clone/main"

began=$(date +%s)
make run ARGS='--plain --for 20s' >"$clone/run.txt" 2>&1 &
run=$!
until grep -qE 'verified [1-9]' "$clone/run.txt"; do
  kill -0 "$run" 2>/dev/null || { cat "$clone/run.txt" >&2; echo "make run ended without a verified message" >&2; exit 1; }
  sleep 0.1
done
shown=$(($(date +%s) - began))
wait "$run"

began=$(date +%s)
make test >"$clone/test.txt" 2>&1 || { tail -40 "$clone/test.txt" >&2; exit 1; }
tested=$(($(date +%s) - began))

out=$here/bench/results/$(date -u +%F)-fresh.md
{
  printf '# From a fresh clone, %s\n\nCommit %s, %s cores. Made by `make measure-fresh`.\n\n' "$(date -u '+%F %H:%M UTC')" "$commit" "$(nproc)"
  printf -- '- `make run`, build included, until its summary shows verified messages: %d s\n' "$shown"
  printf -- '- `make test`: %d s\n\n## What `make run` showed\n\n```\n' "$tested"
  sed "s|$clone|…|g" "$clone/run.txt"
  printf '```\n'
} >"$out"
cat "$out"
