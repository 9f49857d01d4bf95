#!/usr/bin/env bash
# go.etcd.io/raft, unmodified, behind the adapter: its tests pass, seeds pass and hash the same twice, and planted bugs in the use of the library are found.
# Short: 200 seeds and five bugs. MUST=long: 5,000 seeds of each profile that Raft promises to survive, as many under destruction, which must end without
# a violation, all bugs, and 32 bits.
source "$(dirname "$0")/lib.sh"
cd adapters/etcdraft
seeds=200 profiles=default
only='^raft-(send-before-sync|advance-before-sync|vote-not-persisted|storage-reset|conf-change-at-append)$'
bugs=5 budget=200
if [ "$MUST" = long ]; then
	seeds=5000 profiles="default storm network partitions processes disks clocks clocks-beyond members load"
	only='^raft-' bugs=$(ls mutants/*.diff | wc -l) budget=5000
fi
test -z "$(gofmt -l .)" || fail "gofmt would change $(gofmt -l .)"
go mod tidy -diff >"$scratch/out" 2>&1 || fail "go.mod is not tidy: $(head -3 "$scratch/out")"
go vet ./... || fail "go vet"
go test -count=1 ./... >"$scratch/out" 2>&1 || fail "$(tail -20 "$scratch/out")"
if [ "$MUST" = long ] && [ "$(go env GOHOSTARCH)" = amd64 ]; then
	GOARCH=386 go test -count=1 -run Golden . >"$scratch/out" 2>&1 || fail "on 32 bits: $(tail -20 "$scratch/out")"
fi
go build -o "$scratch/simrun" ./cmd/simrun-etcdraft
for profile in $profiles; do
	"$scratch/simrun" run --count "$seeds" --profile "$profile" --check-determinism --out "$scratch/runs" >"$scratch/out" 2>/dev/null ||
		fail "profile $profile, exit status $?: $(head -20 "$scratch/out")"
	grep -qE '^  verdicts +[0-9,]+ pass$' "$scratch/out" || fail "profile $profile, not all seeds passed: $(head -3 "$scratch/out")"
done
if [ "$MUST" = long ]; then
	case $(status "$scratch/simrun" run --count "$seeds" --profile destruction --check-determinism --out "$scratch/runs") in
	0 | 3) grep -qE '^  verdicts +[0-9,]+ pass(, [0-9,]+ unrecoverable)?$' "$scratch/out" || fail "profile destruction: $(head -20 "$scratch/out")" ;;
	*) fail "profile destruction: $(head -20 "$scratch/out")" ;;
	esac
fi
"$scratch/simrun" mutants --only "$only" --budget "$budget" --repeat 1 --json >"$scratch/score.json" 2>"$scratch/err" || fail "exit status $?: $(tail -3 "$scratch/err")"
found=$(grep -c '"found": 1,' "$scratch/score.json") || true
[ "$found" = "$bugs" ] || fail "$found of $bugs planted bugs found"
echo "etcd-raft: $seeds seeds of each profile ($profiles) pass, each with the same hash twice; $found of $bugs planted bugs found"
