#!/usr/bin/env bash
# The checkers agree with porcupine on at least 200,000 random small histories of registers and models made up, which go through every layer, and on as many of all
# models: as executed, spoiled, with logs that lie, with operations of unknown outcome. Witnesses have no order by porcupine either. MUST=long takes a million of each.
source "$(dirname "$0")/lib.sh"
layers=200000 all=204000
[ "$MUST" = long ] && layers=1000000 all=1020000
SIMRUN_HISTORIES=$layers GOMAXPROCS=1 go test -count=1 -v ./checker -run '^TestAgreesWithPorcupine$' >"$scratch/layers" 2>&1 || fail "$(tail -20 "$scratch/layers")"
SIMRUN_HISTORIES=$all GOMAXPROCS=1 go test -count=1 -v ./checker/models -run '^TestAgreesWithPorcupine$' >"$scratch/all" 2>&1 || fail "$(tail -20 "$scratch/all")"
sed -n 's/.*oracle_test.go:[0-9]*: \([a-z]*: [0-9]* linearizable\)/  \1/p' "$scratch/all"
figure() { sed -n 's/.*oracle_test.go:[0-9]*: \([0-9]* histories\)/\1/p' "$1"; }
[ -n "$(figure "$scratch/layers")" ] && [ -n "$(figure "$scratch/all")" ] || fail "the tests do not say on how many"
echo "checkers agree with porcupine: $(figure "$scratch/layers"); $(figure "$scratch/all")"
