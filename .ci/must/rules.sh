#!/usr/bin/env bash
# Each rule of Multi-Paxos that the transcripts are about is broken by an edit, and the transcript named for it fails: some of the rules, or all.
source "$(dirname "$0")/lib.sh"
MUST=$MUST go test ./node/multipaxos -count=1 -timeout 30m -run '^TestRulesCanBeBroken$' -v >"$scratch/out" 2>&1 || fail "$(cat "$scratch/out")"
figure=$(sed -nE 's/.*: (rules: .*)/\1/p' "$scratch/out")
[ -n "$figure" ] || fail "no figure in: $(cat "$scratch/out")"
echo "$figure"
