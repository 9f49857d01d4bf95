#!/usr/bin/env bash
# Planted bugs (scenarios/mutants) are found, replayed and shrunk: to a case from which no single thing can be taken, which replays with the same
# trace hash and which the sources without the bug pass; in the median with at most 3 faults and messages and 5 operations, in less
# than a minute on two cores. The Go test that is written of it fails with the bug and passes without.
#
# The short form takes three bugs, against safety and liveness and both protocols; MUST=long takes all. TABLE=FILE writes the table.
source "$(dirname "$0")/lib.sh"
only='^(multi-no-dedup|multi-accept-sent-once|paxos-keeps-own-value)$'
[ "$MUST" != long ] || only='.'
go run ./scenarios/shrink/study -only "$only" -afresh -work "$scratch/study" ${TABLE:+-out "$TABLE"} >"$scratch/figures" 2>"$scratch/err" ||
	fail "$(grep '^study:' "$scratch/err")"

# The written test, in a copy of the tree.
bug=paxos-keeps-own-value
edited=$(sed -n 's/^+++ b\///p' "scenarios/mutants/$bug.diff")
mkdir "$scratch/tree"
git ls-files -z --cached --others --exclude-standard | xargs -0 tar cf - | tar xf - -C "$scratch/tree"
(cd "$scratch/tree" && git init -q . && git apply "scenarios/mutants/$bug.diff") || fail "$bug.diff does not apply"
small="$scratch/study/$bug/artifact.min.json"
(cd "$scratch/tree" && go run ./cmd/simrun shrink "$small" --jobs 2 --out again.json --test found/found_test.go) >"$scratch/out" 2>"$scratch/err" ||
	fail "no test was written: $(tail -3 "$scratch/err")"
# It may come to another case, since a firm one has larger numbers than need be, but to none with less in it.
sizes() { sed -nE 's/^ {4}"(nodes|spares|clients|operations|keys)": ([0-9]+),?$/\1 \2/p; s/^ *"(at|fate)": .*/\1/p' "$1"; }
[ "$(sizes "$small" | wc -l)" -ge 5 ] || fail "an artifact looks otherwise than it did"
[ "$(sizes "$small")" = "$(sizes "$scratch/tree/again.json")" ] || fail "a small case became another one when it was shrunk again: $(sizes "$small") to $(sizes "$scratch/tree/again.json")"
s=0
(cd "$scratch/tree" && go test ./found) >"$scratch/out" 2>&1 || s=$?
[ "$s" = 1 ] || fail "the written test exits with $s: $(tail -3 "$scratch/out")"
grep -q 'violation: ' "$scratch/out" || fail "the written test fails otherwise: $(tail -5 "$scratch/out")"
cp "$edited" "$scratch/tree/$edited"
(cd "$scratch/tree" && go test ./found) >"$scratch/out" 2>&1 || fail "without the bug, the written test fails: $(tail -5 "$scratch/out")"
cat "$scratch/figures"
