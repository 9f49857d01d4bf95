#!/usr/bin/env bash
# The comparison of protocols in results/comparison.md is what this program measures: simulated time is the same everywhere. The short form makes one table and its plot
# again, the long one the whole page and all plots, which must be the same byte for byte.
source "$(dirname "$0")/lib.sh"
(cd adapters/etcdraft && go build -o "$scratch/simrun" ./cmd/simrun-etcdraft) # it has Raft beside all else
arguments="--table messages"
[ "$MUST" = long ] && arguments=
"$scratch/simrun" compare $arguments --out "$scratch/again" >/dev/null 2>"$scratch/err" || fail "$(cat "$scratch/err")"
if [ "$MUST" = long ]; then
	diff "$scratch/again/comparison.md" results/comparison.md >"$scratch/out" || fail "$(head -20 "$scratch/out")"
	[ "$(ls results/comparison-*.svg | wc -l)" = "$(ls "$scratch"/again/*.svg | wc -l)" ] || fail "there are other plots in results"
else
	slice() { sed -n '/^## Messages/,/^!/p' "$1"; }
	diff <(slice "$scratch/again/comparison.md") <(slice results/comparison.md) >"$scratch/out" || fail "$(head -20 "$scratch/out")"
	[ "$(slice results/comparison.md | wc -l)" -ge 20 ] || fail "the page has no such table"
fi
for plot in "$scratch"/again/*.svg; do
	cmp "$plot" "results/$(basename "$plot")" || fail "$(basename "$plot") is another one"
done
grep -q 'a stable leader needs one round trip.* | confirmed |' results/comparison.md || fail "the page does not hold the texts against its figures"
figure=$(grep -c '^|' results/comparison.md)
echo "comparison: the same again, of $figure lines of figures$([ "$MUST" = long ] || echo " one table")"
