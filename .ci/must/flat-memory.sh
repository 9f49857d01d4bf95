#!/usr/bin/env bash
# With checkpoints on, the live heap of three replicas of Multi-Paxos, the log on disk and the records in it are at most 1.1 times as large after
# 200,000 commands as after 20,000; in the long form after 1,000,000 as after 100,000.
source "$(dirname "$0")/lib.sh"
MUST=$MUST go test ./node/multipaxos -count=1 -run '^TestMemoryStaysFlat$' -v >"$scratch/out" 2>&1 || fail "$(cat "$scratch/out")"
figure=$(sed -nE 's/.*: (memory after .*)/\1/p' "$scratch/out")
[ -n "$figure" ] || fail "no figure in: $(cat "$scratch/out")"
echo "$figure"
