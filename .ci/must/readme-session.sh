#!/usr/bin/env bash
# The session that the README shows is a real one: the hunt, the summary, the violation and the replay are what the commands print today, line for line, and
# the small case has the size that it says. --show prints all of it, for the README.
source "$(dirname "$0")/lib.sh"
git ls-files -z --cached --others --exclude-standard | xargs -0 tar cf - | (mkdir "$scratch/tree" && tar xf - -C "$scratch/tree")
go run ./cmd/simrun hunt --save "$scratch/hunted.json" paxos-restart-forgets-promise >"$scratch/hunt" 2>/dev/null && fail "the hunt finds nothing"
sed -i '/no single step makes it smaller/q' "$scratch/hunt" # the README leaves out the rest
go run ./cmd/simrun run --out "$scratch/runs" >"$scratch/summary" 2>/dev/null || fail "the sweep does not pass"
sed -i -E 's/if m\.Accepted > p\.adopted/if false/' "$scratch/tree/node/paxos/proposer.go"
cmp -s node/paxos/proposer.go "$scratch/tree/node/paxos/proposer.go" && fail "the edit changes nothing any more"
cd "$scratch/tree"
go build -o simrun ./cmd/simrun
./simrun run single-decree >"$scratch/found" 2>/dev/null && fail "nothing was found"
artifact=$(grep -m1 -o 'results/runs/[^ ]*artifact.json' "$scratch/found")
./simrun replay "$artifact" >"$scratch/replayed" 2>/dev/null && fail "the replay passes"
./simrun shrink "$artifact" >"$scratch/shrunk" 2>/dev/null || fail "the artifact is not made small: $(cat "$scratch/shrunk")"
size=$(awk '
	function counted(n, what) { if (n == 1) sub(/s$/, "", what); return n " " what }
	$1 ~ /^(faults|replicas|events)$/ && NF == 3 { before[$1] = counted($2, $1); after[$1] = counted($3, $1) }
	END { print "from " before["faults"] ", " before["replicas"] " and " before["events"] " to " after["faults"] ", " after["replicas"] " and " after["events"] }
' "$scratch/shrunk")
sed -i '/^single-decree: 200 of/,$d' "$scratch/found" # the summary, which the README leaves out here
tail -16 "$scratch/replayed" >"$scratch/end"
cd - >/dev/null
if [ "${1:-}" = --show ]; then
	cat "$scratch/hunt" "$scratch/summary" "$scratch/found" "$scratch/end"
	echo "$size"
	exit
fi
lines=0
for part in hunt summary found end; do
	while IFS= read -r line; do
		[ -z "$line" ] || grep -qxF -- "$line" README.md || fail "the README does not show: $line"
		lines=$((lines + 1))
	done <"$scratch/$part"
done
tr '\n' ' ' <README.md | grep -qF -- "here $size." || fail "the README does not say of the small case: here $size."
echo "README session: $lines lines as printed today"
