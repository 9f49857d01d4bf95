#!/usr/bin/env bash
# Shrunk cases of planted bugs outlive changes that have nothing to do with the bug (scenarios/shrink/testdata/unrelated: a kind of message more, another
# interval of heartbeats, no log lines): nine in ten still fail in the same way after each, and of the others it is said why they cannot. The short form
# takes three bugs, of which one may be lost; MUST=long takes all.
source "$(dirname "$0")/lib.sh"
only='^(multi-no-dedup|paxos-keeps-own-value|paxos-one-ballot-variable)$'
[ "$MUST" != long ] || only='.'
go run ./scenarios/shrink/study -survive -only "$only" -afresh -work "$scratch/study" >"$scratch/figures" 2>"$scratch/err" ||
	fail "$(grep '^study:' "$scratch/err")"
for change in kind-added heartbeat-changed log-removed; do
	grep -q "outlive $change" "$scratch/figures" || fail "nothing was replayed after $change: $(cat "$scratch/figures")"
done
grep 'does not outlive' "$scratch/err" || true # and precisely why
cat "$scratch/figures"
