#!/usr/bin/env bash
# Planted bugs that are easy to find are found, by every strategy and by a check that is expected to fire; the sources as they are pass as many
# runs; and what was measured before is taken over. MUST=long plants all bugs of single-decree Paxos.
source "$(dirname "$0")/lib.sh"
only='^paxos-(keeps-own-value|restart-forgets-promise|refusal-before-sync)$'
[ "$MUST" != long ] || only='^paxos-'
strategies=uniform,swarm,priority
go build -o "$scratch/simrun" ./cmd/simrun
measure() { "$scratch/simrun" mutants --only "$only" --budget 1000 --repeat 2 --strategy "$strategies" --json "$@"; }
measure >"$scratch/first.json" 2>"$scratch/err" || fail "exit status $?: $(tail -3 "$scratch/err" "$scratch/first.json")"
measure --resume >"$scratch/second.json" 2>/dev/null
cmp -s "$scratch/first.json" "$scratch/second.json" || fail "a resumed measurement differs"
found=$(grep -c '"found": 2,' "$scratch/first.json") || true
rows=$(grep -c '"mutant": "paxos' "$scratch/first.json")
if [ "$MUST" = short ]; then
	[ "$found" = 9 ] && [ "$rows" = 9 ] || fail "$found of $rows found by every search, and 9 should be"
	[ "$(grep -c '"expected": 2' "$scratch/first.json")" = 9 ] || fail "another check fired than expected"
fi
[ "$(status "$scratch/simrun" mutants --dir "$scratch")" = 2 ] || fail "no source tree, and no refusal"
[ "$(status env PATH=/nowhere "$scratch/simrun" mutants)" = 2 ] || fail "no toolchain, and no refusal"
[ "$(wc -l <"$scratch/err")" = 1 ] || fail "the refusal is not one line: $(cat "$scratch/err")"
"$scratch/simrun" hunt paxos-keeps-own-value >"$scratch/hunt" 2>/dev/null && fail "the hunt finds nothing"
grep -q '^same verdict and same trace hash' "$scratch/hunt" || fail "the hunt's find is not found again: $(tail -3 "$scratch/hunt")"
echo "planted bugs found in every search: $found of $rows"
