#!/usr/bin/env bash
# At most 0.001 mallocs an event over at least a million events of Multi-Paxos under faults, with the hash, real WAL bytes and
# fact decoding on.
source "$(dirname "$0")/lib.sh"
events=4000000
[ "$MUST" = long ] && events=20000000
go test ./scenarios -run '^$' -bench 'Events/faults' -benchtime ${events}x >"$scratch/out" || fail "$(cat "$scratch/out")"
awk '/^BenchmarkEvents/ { for (i = 2; i <= NF; i++) { if ($i == "mallocs/event") m = $(i-1); if ($i == "ns/event") ns = $(i-1) } }
	END { if (m == "" || m > 0.001) { print "FAILED: " m " mallocs an event"; exit 1 } print "mallocs: " m " an event, " ns " ns an event" }' "$scratch/out"
