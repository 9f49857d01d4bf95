#!/usr/bin/env bash
# The scoreboard tells what its checks and fault families are worth: which check fires first on which bug, and by how many times the runs grow when a family of
# faults is left out. A bug that needs damaged disks takes longer without them and not by chance; a resumed measurement is the same; at least 45 of the bugs are
# not trivial. MUST=long measures all bugs.
source "$(dirname "$0")/lib.sh"
only='^host-fsync-retried$'
budget=400
repeat=5
if [ "$MUST" = long ]; then
	only='.'
	budget=5000
fi
go build -o "$scratch/simrun" ./cmd/simrun
measure() {
	"$scratch/simrun" mutants --only "$only" --budget "$budget" --repeat "$repeat" --ablate --out "$scratch/board.md,$scratch/board.json" "$@" >"$scratch/text" 2>"$scratch/err" ||
		fail "exit status $?: $(tail -3 "$scratch/err")"
}
measure --resume
cp "$scratch/board.json" "$scratch/first.json"
measure --resume
cmp -s "$scratch/first.json" "$scratch/board.json" || fail "a resumed measurement differs"
grep -q '^## What each check is worth' "$scratch/board.md" || fail "no table of checks"
grep -q '^## What each family of faults is worth' "$scratch/board.md" || fail "no table of families"
grep -q -- "--profile default --budget $budget --repeat $repeat --strategy swarm --ablate" "$scratch/board.md" || fail "the command is not told in full"
grep -Eq '^\| disks \| swarm .* needed \|$' "$scratch/board.md" || fail "disks are not needed: $(grep '^| disks' "$scratch/board.md")"
grep -Eq '^\| stated \|.*host-fsync-retried' "$scratch/board.md" || fail "what a failed fsync left unsaid is not found by the check of what messages state"
[ "$(status "$scratch/simrun" run kv --without snow)" = 2 ] || fail "an unknown family is not refused"
if [ "$MUST" = long ]; then
	hard=$(sed -n 's/^| \([^ |]*\) | .*/\1/p' "$scratch/board.md" | sort -u | grep -cxf <(ls scenarios/mutants/*.diff | sed 's/.*\///;s/\.diff$//'))
	[ "$hard" -ge 45 ] || fail "only $hard bugs are not trivial"
	echo "bugs that are not trivial: $hard"
fi
grep -E 'checks fired first|bugs found' "$scratch/text"
grep -E '^swarm without' "$scratch/text"
