#!/usr/bin/env bash
# The scoreboard tells what its checks and fault families are worth: which check fires first on which bug, and by how many times the runs grow when a family of
# faults is left out. A bug that needs damaged disks takes longer without them and not by chance; a resumed measurement is the same; at least 45 of the bugs are
# not trivial. MUST=long measures all bugs.
source "$(dirname "$0")/lib.sh"
only='^(host-fsync-retried|paxos-phase[12]-off-by-one)$'
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
for bug in paxos-phase1-off-by-one paxos-phase2-off-by-one; do
	runs=$(sed -nE "s/^\| $bug( \(trivial\))? \| single-decree \| swarm \|([^|]*\|){3} ([0-9,]+) \(.*/\3/p" "$scratch/board.md")
	[ -n "$runs" ] && [ "${runs/,/}" -le 24 ] || fail "$bug takes a median of ${runs:-no} runs, and at most 24 are allowed"
	echo "$bug: a median of $runs runs"
done
if [ "$MUST" = long ]; then
	hard=$(sed -n 's/^| \([^ |]*\) | .*/\1/p' "$scratch/board.md" | sort -u | grep -cxf <(ls scenarios/mutants/*.diff | sed 's/.*\///;s/\.diff$//'))
	[ "$hard" -ge 45 ] || fail "only $hard bugs are not trivial"
	echo "bugs that are not trivial: $hard"
	read -r bugs always median alarms < <(sed -nE 's/^swarm: [0-9]+ of ([0-9]+) bugs found .*, ([0-9]+) in every search .* within ([0-9]+) runs; .*; ([0-9]+) false alarms .*/\1 \2 \3 \4/p' "$scratch/text")
	[ $((100 * always)) -ge $((95 * bugs)) ] || fail "only $always of $bugs bugs are found in every search"
	[ "$median" -le 50 ] || fail "the median over the bugs is $median runs"
	[ "$alarms" = 0 ] || fail "$alarms false alarms"
fi
grep -E 'checks fired first|bugs found' "$scratch/text"
grep -E '^swarm without' "$scratch/text"
