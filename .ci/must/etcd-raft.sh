#!/usr/bin/env bash
# go.etcd.io/raft, unmodified, behind the adapter: its tests pass, seeds pass and hash the same twice, and planted bugs in the use of the library are found.
# Short: 200 seeds and five bugs. MUST=long: 5,000 seeds, all bugs, and 32 bits.
source "$(dirname "$0")/lib.sh"
cd adapters/etcdraft
seeds=200
only='^raft-(send-before-sync|advance-before-sync|vote-not-persisted|storage-reset|conf-change-at-append)$'
bugs=5 budget=200
if [ "$MUST" = long ]; then
	seeds=5000 only='^raft-' bugs=$(ls mutants/*.diff | wc -l) budget=5000
fi
test -z "$(gofmt -l .)" || fail "gofmt would change $(gofmt -l .)"
go mod tidy -diff >"$scratch/out" 2>&1 || fail "go.mod is not tidy: $(head -3 "$scratch/out")"
go vet ./... || fail "go vet"
go test -count=1 ./... >"$scratch/out" 2>&1 || fail "$(tail -20 "$scratch/out")"
if [ "$MUST" = long ] && [ "$(go env GOHOSTARCH)" = amd64 ]; then
	GOARCH=386 go test -count=1 -run Golden . >"$scratch/out" 2>&1 || fail "on 32 bits: $(tail -20 "$scratch/out")"
fi
go build -o "$scratch/simrun" ./cmd/simrun-etcdraft
"$scratch/simrun" run --count "$seeds" --check-determinism --out "$scratch/runs" >"$scratch/out" 2>/dev/null || fail "exit status $?: $(head -20 "$scratch/out")"
[ "$(grep -c 'verdicts .* violation\|verdicts .* vacuous\|verdicts .* undecided' "$scratch/out")" = 0 ] || fail "not all seeds passed: $(head -3 "$scratch/out")"
"$scratch/simrun" mutants --only "$only" --budget "$budget" --repeat 1 --json >"$scratch/score.json" 2>"$scratch/err" || fail "exit status $?: $(tail -3 "$scratch/err")"
found=$(grep -c '"found": 1,' "$scratch/score.json") || true
[ "$found" = "$bugs" ] || fail "$found of $bugs planted bugs found"
echo "etcd-raft: $seeds seeds without a violation, each with the same hash twice; $found of $bugs planted bugs found"
