#!/usr/bin/env bash
# The bugs of single-decree Paxos that are hard to come by are found by every search of 1,000 runs: a ballot that is used again after a restart, and a repeated
# Prepare that is refused. MUST=long plants all bugs of single-decree Paxos and of its log, five searches of 5,000 runs each, and half of all are found within 100 runs.
source "$(dirname "$0")/lib.sh"
only='^paxos-(ballot-reused|refuses-repeated-prepare)$' budget=1000 repeat=2
[ "$MUST" != long ] || only='^(paxos|wal)-' budget=5000 repeat=5
go run ./cmd/simrun mutants --only "$only" --budget "$budget" --repeat "$repeat" >"$scratch/out" 2>"$scratch/err" || fail "exit status $?: $(tail -3 "$scratch/err" "$scratch/out")"
missed=$(grep -E '^(paxos|wal)-' "$scratch/out" | grep -v " $repeat/$repeat " | cut -d ' ' -f 1) || true
[ -z "$missed" ] || fail "not found by every search: $missed"
figure=$(grep '^swarm: ' "$scratch/out")
[ "$MUST" != long ] || [ "$(sed 's/.*trivial within \([0-9,]*\) runs.*/\1/' <<<"$figure" | tr -d ,)" -le 100 ] || fail "$figure"
echo "${figure%%;*}"
