#!/usr/bin/env bash
# The profile under which the correct protocols pass any number of seeds finds bugs that real systems had, planted one at a time: under storm, each within 500 seeds. The
# default plants two; MUST=long twelve.
source "$(dirname "$0")/lib.sh"
only='^(paxos-restart-forgets-vote|multi-vote-before-sync)$'
[ "$MUST" != long ] || only='^(paxos-(restart-forgets-promise|restart-forgets-vote|adopts-last-promise|promise-before-sync|counts-answers)|multi-(vote-before-sync|promise-not-stored|reports-one-slot|no-dedup|commit-ahead|install-keeps-votes|read-unconfirmed))$'
[ "$(status go run ./cmd/simrun mutants --profile storm --only "$only" --budget 500 --repeat 1 --out "$scratch/score.md")" = 0 ] || fail "$(tail -3 "$scratch/err")"
awk -F'|' '
	$2 ~ /^ (paxos|multi)-/ { planted++; if ($0 ~ / 1\/1 /) found++; else missed = missed $2 }
	END {
		if (planted == 0 || found < planted) { print "FAILED: not found under storm within 500 seeds:" missed > "/dev/stderr"; exit 1 }
		print "storm finds: " found " of " planted " bugs of real systems, each within 500 seeds; the correct protocols pass as many"
	}
' "$scratch/score.md"
