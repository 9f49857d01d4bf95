#!/usr/bin/env bash
# Every story ends as it is told, every contrast fails as it should, and every story holds under the default faults: 100 seeds each, 5,000 in
# the long form, which also plants the mutation of each story and sees it fail.
source "$(dirname "$0")/lib.sh"
count=100
[ "$MUST" = long ] && count=5000
go build -o "$scratch/simrun" ./cmd/simrun
"$scratch/simrun" list >"$scratch/list"
names=$(sed -n '/^Stories/,/^$/s/^  \([a-z-]*\) .*/\1/p' "$scratch/list")
[ "$(wc -w <<<"$names")" -ge 20 ] || fail "only $(wc -w <<<"$names") stories are listed"
stories=0 contrasts=0
for name in $names; do
	said=$(status "$scratch/simrun" replay --scenario "$name" --seed 0)
	[ "$said" = 0 ] || fail "$name as told: exit status $said: $(tail -3 "$scratch/out")"
	if grep -q "^  $name *contrast:" "$scratch/list"; then
		contrasts=$((contrasts + 1))
		grep -q "^$name seed 0: violation" "$scratch/out" || fail "$name shows nothing"
	else
		stories=$((stories + 1))
		varied="${varied:-} $name"
		grep -q "^$name seed 0: pass" "$scratch/out" || fail "$name: $(tail -3 "$scratch/out")"
	fi
done
said=$(status "$scratch/simrun" run $varied --count $count --out "$scratch/runs")
[ "$said" = 0 ] || fail "varied: exit status $said: $(grep -h violation "$scratch/out" | head -5)"
[ "$(grep -c "^  verdicts  *[0-9,]* pass$" "$scratch/out")" = "$stories" ] || fail "not every seed passed: $(grep verdicts "$scratch/out")"
if [ "$MUST" = long ]; then
	MUST=long go test -count=1 -timeout 30m -run TestMutations ./scenarios/gallery >"$scratch/out" || fail "$(tail -20 "$scratch/out")"
fi
echo "stories: $stories hold as told and on $count seeds each, $contrasts contrasts fail as they must"
