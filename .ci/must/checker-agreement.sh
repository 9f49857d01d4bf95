#!/usr/bin/env bash
# The checkers agree with porcupine on at least 200,000 random small histories: as executed, spoiled, with logs that lie, with operations of unknown
# outcome. MUST=long takes a million.
source "$(dirname "$0")/lib.sh"
histories=200000
[ "$MUST" = long ] && histories=1000000
SIMRUN_HISTORIES=$histories GOMAXPROCS=1 go test -count=1 -v ./checker -run '^TestAgreesWithPorcupine$' >"$scratch/out" 2>&1 || fail "$(tail -20 "$scratch/out")"
sed -n 's/.*oracle_test.go:[0-9]*: \([0-9]* histories\)/checkers agree with porcupine: \1/p' "$scratch/out"
