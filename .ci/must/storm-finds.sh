#!/usr/bin/env bash
# The profile under which the correct protocols pass any number of seeds finds bugs that real systems had, planted one at a time: under storm: two within 500 seeds, or
# with MUST=long twelve, within 5,000.
source "$(dirname "$0")/lib.sh"
only='^(paxos-restart-forgets-vote|multi-vote-before-sync)$'
budget=500
[ "$MUST" != long ] || budget=5000
[ "$MUST" != long ] || only='^(paxos-(restart-forgets-promise|restart-forgets-vote|adopts-last-promise|promise-before-sync|counts-answers)|multi-(vote-before-sync|promise-not-stored|reports-one-slot|no-dedup|commit-ahead|install-keeps-votes|read-unconfirmed))$'
[ "$(status go run ./cmd/simrun mutants --profile storm --only "$only" --budget $budget --repeat 1 --out "$scratch/score.md")" = 0 ] || fail "$(tail -3 "$scratch/err")"
awk -F'|' -v budget=$budget '
	$2 ~ /^ (paxos|multi)-/ { planted++; if ($0 ~ / 1\/1 /) found++; else missed = missed $2 }
	END {
		if (planted == 0 || found < planted) { print "FAILED: not found under storm within " budget " seeds:" missed > "/dev/stderr"; exit 1 }
		print "storm finds: " found " of " planted " bugs of real systems, each within " budget " seeds; the correct protocols pass as many"
	}
' "$scratch/score.md"
