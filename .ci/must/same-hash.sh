#!/usr/bin/env bash
# The same seeds give the same trace hashes in two processes, with one worker and two, under the race detector, on 32 bits, and
# in a cluster reused after 100 other seeds in shuffled order with its memory poisoned.
source "$(dirname "$0")/lib.sh"
count=60
[ "$MUST" = long ] && count=1000
go build -o "$scratch/plain" ./cmd/simrun
GOARCH=386 go build -o "$scratch/small" ./cmd/simrun
builds="plain small"
if go build -race -o "$scratch/race" ./cmd/simrun 2>"$scratch/err"; then
	builds="$builds race"
else
	echo "no race detector here: $(head -1 "$scratch/err")" # it needs a C compiler
fi
for build in $builds; do
	for jobs in 1 2; do
		"$scratch/$build" run -v --count $count --jobs $jobs --out "$scratch/runs" >"$scratch/$build.$jobs" 2>/dev/null || fail "$build --jobs $jobs: exit status $?"
		cmp "$scratch/plain.1" "$scratch/$build.$jobs" || fail "$build --jobs $jobs differs"
	done
done
"$scratch/plain" run -v --count $count --out "$scratch/runs" 2>/dev/null | cmp "$scratch/plain.1" - || fail "another process differs"
go test -count=1 -run 'TestHash' ./scenarios >"$scratch/out" || fail "$(cat "$scratch/out")"
echo "same hash: $(grep -c 'hash [0-9a-f]*$' "$scratch/plain.1") seeds in $builds, 1 and 2 workers"
