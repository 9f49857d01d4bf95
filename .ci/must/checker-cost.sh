#!/usr/bin/env bash
# Checking what clients saw and what replicas did costs less than a third of a run's cpu time in the default scenario: the same seeds with the checks on and off, in turns,
# medians. Off, a run still counts votes and notes who applied what, since faults aim at leaders and runs end when replicas agree; so trace hashes are the same,
# which is verified. Porcupine looks at one seed in 64, as in any sweep. MUST=long takes more seeds and turns.
source "$(dirname "$0")/lib.sh"
seeds=1-1500 turns=5
[ "$MUST" = long ] && seeds=1-6000 turns=11
mkdir "$scratch/off"
entries=""
# off FILE SED-EXPRESSION: package checker without a check
off() {
	local edited="$scratch/off/$1"
	[ -f "$edited" ] || cp "checker/$1" "$edited"
	cp "$edited" "$scratch/before"
	sed -E -i "$2" "$edited"
	cmp -s "$scratch/before" "$edited" && fail "the edit of checker/$1 changes nothing any more: $2"
	case "$entries" in *"/$1\""*) ;; *) entries="$entries,\"$PWD/checker/$1\":\"$edited\"" ;; esac
}
off linearizable.go 's/^func \(c \*Checker\) Check\(.*\) Result \{$/&\n\treturn Result{Answer: Linearizable, Operations: len(h.Ops), history: h}/'
off safe.go 's/^func \(w \*Watch\) safe\(.*\{$/&\n\treturn/'
off stated.go 's/^func \(w \*Watch\) Stated\(.*\{$/&\n\treturn/'
off promise.go 's/^\tif r\.mixed \{/\tl.damage.reading = false\n\treturn\n&/'
off applied.go 's/^func \(w \*Watch\) learned\(.*\{$/&\n\treturn/'
off applied.go 's/^func \(w \*Watch\) (applied|restored)\(.*\{$/&\n\tw.nodes[n].applied, w.nodes[n].state = f.Slot, f.State\n\treturn/'
off once.go 's/^func \(w \*Watch\) (executes|Answered)\(.*\{$/&\n\treturn/'
off validity.go 's/^func \(w \*Watch\) (Submitted|valid|Replied)\(.*\{$/&\n\treturn/'
off membership.go 's/^func \(w \*Watch\) configured\(.*\{$/&\n\treturn/'
off agreement.go 's/^func \(w \*Watch\) counted\(.*\{$/&\n\treturn/'
off proposed.go 's/^func \(w \*Watch\) (began|proposed)\(.*\{$/&\n\treturn/'
off served.go 's/^func \(w \*Watch\) served\(.*\{$/&\n\treturn/'
off grant.go 's/^func \(w \*Watch\) (Granted|turned|bound)\(.*\{$/&\n\treturn/'
off lease.go 's/^func \(w \*Watch\) Leased\(.*\{$/&\n\treturn/'
printf '{"Replace":{%s}}\n' "${entries#,}" >"$scratch/overlay.json"
go build -o "$scratch/on.bin" ./cmd/simrun
go build -overlay "$scratch/overlay.json" -o "$scratch/off.bin" ./cmd/simrun

# cpu WHICH: milliseconds of cpu that a sweep takes
cpu() {
	local TIMEFORMAT="%U %S"
	{ time "$scratch/$1.bin" run kv --seeds "$seeds" --jobs 1 --json >"$scratch/$1.json" 2>"$scratch/$1.err"; } 2>"$scratch/time" || fail "$1: $(cat "$scratch/$1.err")"
	awk '{ printf "%.0f\n", ($1 + $2) * 1000 }' "$scratch/time"
}
for ((i = 0; i < turns; i++)); do
	cpu on >>"$scratch/on"
	cpu off >>"$scratch/off.times"
done
hashes() { grep -o '"seed":[0-9]*,"verdict":"[a-z]*","hash":"[0-9a-f]*"' "$1"; }
[ -n "$(hashes "$scratch/on.json")" ] || fail "no seeds in the results"
[ "$(hashes "$scratch/on.json")" = "$(hashes "$scratch/off.json")" ] || fail "runs differ with the checks off: the costs cannot be compared"
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
on=$(median "$scratch/on") off=$(median "$scratch/off.times")
awk -v on="$on" -v off="$off" -v seeds="$seeds" 'BEGIN {
	share = (on - off) / on
	printf "checks cost %.1f%% of a run: seeds %s take %d ms of cpu with them and %d ms without\n", 100 * share, seeds, on, off
	if (share >= 1 / 3) { print "FAILED: a third or more"; exit 1 }
}'
