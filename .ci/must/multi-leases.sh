#!/usr/bin/env bash
# What Multi-Paxos promises about leases, reads and votes is checked where it is promised, so that a bug shows long before a client could see it. The
# long form has all bugs that once took thousands of runs.
source "$(dirname "$0")/lib.sh"
only='^multi-lease-ignores-drift$' budget=500 repeat=1
[ "$MUST" = long ] && only='^multi-(lease-|counts-stale|read-|holes|adopts|candidate-never|dismissed)' budget=5000 repeat=5
go run ./cmd/simrun mutants --only "$only" --budget $budget --repeat $repeat >"$scratch/out" 2>"$scratch/err" || fail "$(cat "$scratch/err")"
grep -qE '^multi-' "$scratch/out" || fail "no figures in: $(cat "$scratch/out")"
if grep -E '^multi-' "$scratch/out" | grep -qv " $repeat/$repeat "; then
	fail "not found by every search: $(cat "$scratch/out")"
fi
grep -E '^multi-|^swarm:' "$scratch/out"
