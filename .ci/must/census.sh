#!/usr/bin/env bash
# Every kind of fault does something, every state that runs should come to is reached, correct protocols pass, and liars do not: in fixed sweeps, whose tables are in
# results/census.md. The default compares a few lines of that page with sweeps of single-decree Paxos; MUST=long makes all of it anew and compares it byte for byte.
source "$(dirname "$0")/lib.sh"
simrun=$scratch/simrun
go build -o "$simrun" ./cmd/simrun
awk -F' *[|] *' '/^## Faults/ { on = 1 } /^Faults that found/ { on = 0 } on && /^[|] [a-z]/ && $3 != "fault" { print "| " $3 " | " $5 " | " $6 " | " $7 " |" }' results/census.md >"$scratch/table"
[ "$(wc -l <"$scratch/table")" -ge 50 ] || fail "results/census.md has $(wc -l <"$scratch/table") faults"
grep -qF "/0 |" "$scratch/table" && fail "a fault does nothing: $(grep -F "/0 |" "$scratch/table")"
while read -r row; do
	grep -qxF "$row" ARCHITECTURE.md || fail "the table of ARCHITECTURE.md lacks $row"
done <"$scratch/table"
if [ "$MUST" = long ]; then
	"$simrun" census >"$scratch/census.md" 2>"$scratch/err" || fail "simrun census: exit status $?: $(grep -v seeds/s "$scratch/err" | tail -3)"
	cmp -s "$scratch/census.md" results/census.md || fail "results/census.md is not what simrun census writes today: $(diff results/census.md "$scratch/census.md" | head -5)"
	echo "census: $(grep -c '^| [a-z]* | [a-z-]* | .* |.*/' results/census.md) kinds of faults, $(sed -n '/^## States/,$p' results/census.md | grep -c '^| ') states, none at zero"
	exit 0
fi
"$simrun" run single-decree --count 5000 --out "$scratch/runs" >"$scratch/out" 2>&1 || fail "exit status $?: $(tail -5 "$scratch/out")"
passed=$(awk '$1 == "verdicts" { print $2 }' "$scratch/out")
grep -q "^| single-decree | default | 5,000 | $passed |" results/census.md || fail "results/census.md has another number of runs that pass than $passed"
echo "census: $(grep -o '[0-9]* of [0-9]* states reached' "$scratch/out"), $passed of 5,000 runs of single-decree Paxos pass"
