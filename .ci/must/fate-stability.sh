#!/usr/bin/env bash
# Taking one fault out of a run leaves the numbers drawn for all messages as they were, and on the links that the fault did not
# happen to at least 90% of the messages come again: 200 real runs of Multi-Paxos, with datagrams, connections and limited bandwidth.
source "$(dirname "$0")/lib.sh"
runs=200
[ "$MUST" = long ] && runs=3000
SIMRUN_STABILITY_RUNS=$runs go test ./scenarios -count=1 -run '^TestFatesWithoutAFault$' -v >"$scratch/out" 2>&1 || fail "$(cat "$scratch/out")"
figure=$(sed -nE 's/.*: ([0-9]+ runs less one fault.*)/\1/p' "$scratch/out")
[ -n "$figure" ] || fail "no figure in: $(cat "$scratch/out")"
echo "fate stability: $figure"
