#!/usr/bin/env bash
# "simrun check" reads what clients saw in the runs of every scenario, and says what the run said: a run that passed has a linearizable history, and one that was not linearizable has not. MUST=long
# takes more seeds.
source "$(dirname "$0")/lib.sh"
seeds=0-2
[ "$MUST" = long ] && seeds=0-60
go build -o "$scratch/simrun" ./cmd/simrun
go test -count=1 ./scenarios/gallery -run '^TestHistoriesAreChecked$' >"$scratch/out" 2>&1 || fail "$(tail -20 "$scratch/out")"
agreed=0 wrong=0
# judged WANTED FILE: what check says of the history
judged() {
	local s
	s=$(status "$scratch/simrun" check "$2")
	[ "$s" = "$1" ] || fail "simrun check $2: exit status $s, and the run wants $1: $(cat "$scratch/out" "$scratch/err")"
	agreed=$((agreed + 1))
}
cd "$scratch"
./simrun list >list
for name in $(awk '/^Profiles/ { exit } /^  [a-z]/ { print $1 }' list); do
	status ./simrun run "$name" --seeds "$seeds" --json >/dev/null
	grep '"type":"result"' out >results.json || fail "$name: no results: $(cat err)"
	while IFS= read -r line; do
		seed=$(sed -E 's/.*"seed":([0-9]+).*/\1/' <<<"$line")
		case "$line" in
		*'"verdict":"pass"'*) want=0 ;;
		*'"fingerprint":"linearizability'*) want=1 wrong=$((wrong + 1)) ;;
		*) continue ;;
		esac
		[ "$(status ./simrun export --scenario "$name" --seed "$seed" --history h.jsonl)" = 0 ] || fail "$name, seed $seed: $(cat err)"
		judged "$want" h.jsonl
	done <results.json
done
[ "$agreed" -ge 50 ] || fail "only $agreed histories were checked"
[ "$wrong" -gt 0 ] || fail "no run was not linearizable"
echo "$agreed histories of runs judged as the runs were, $wrong of them not linearizable"
