#!/usr/bin/env bash
# Every pair of values of any two switches of scenario kv is in some configuration of a covering array, and under faults none of them violates
# anything: 3 seeds a configuration, or 100.
source "$(dirname "$0")/lib.sh"
MUST=$MUST go test ./scenarios -count=1 -timeout 30m -run '^(TestCoverHasEveryPair|TestPairsOfSwitches|TestSeedsDrawEveryValue)$' -v >"$scratch/out" 2>&1 || fail "$(cat "$scratch/out")"
figure=$(sed -nE 's/.*: (pairwise: .*)/\1/p' "$scratch/out")
[ -n "$figure" ] || fail "no figure in: $(cat "$scratch/out")"
echo "$figure"
