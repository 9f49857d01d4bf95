#!/usr/bin/env bash
# Bad input gets one clear line on stderr and exit status 2.
source "$(dirname "$0")/lib.sh"
go build -o "$scratch/simrun" ./cmd/simrun
tried=0
refuses() {
	local s
	s=$(status "$scratch/simrun" "$@")
	[ "$s" = 2 ] || fail "simrun $*: exit status $s"
	[ "$(wc -l <"$scratch/err")" = 1 ] || fail "simrun $*: not one line on stderr: $(cat "$scratch/err")"
	grep -q '^simrun: ' "$scratch/err" || fail "simrun $*: $(cat "$scratch/err")"
	[ ! -s "$scratch/out" ] || fail "simrun $*: wrote to stdout"
	tried=$((tried + 1))
}
refuses frobnicate
refuses run no-such-scenario
refuses run --seed twelve
refuses run --seed -1
refuses run --seeds 5-1
refuses run --seeds 1,,2
refuses run --seeds 0-18446744073709551615
refuses run --seed 18446744073709551615 --count 2
refuses run --count 0
refuses run --jobs 0
refuses run --shard 3/2
refuses run --profile hail
refuses run --timeout soon
refuses run --no-such-flag
refuses replay
refuses replay "$scratch/missing.json"
refuses replay "$scratch"
refuses replay --scenario kv
refuses replay --scenario kv --seed 0xzz
refuses replay --scenario kv --seed 1 --kind nothing
refuses replay --scenario kv --seed 1 --node x1
refuses replay --scenario kv --seed 1 --from yesterday
refuses shrink
refuses shrink "$scratch/missing.json"
refuses shrink one two
refuses explain
refuses explain "$scratch/missing.json"

# A real artifact, from a protocol with a bug, then spoilt in many ways.
git ls-files -z --cached --others --exclude-standard | xargs -0 tar cf - | (mkdir "$scratch/tree" && tar xf - -C "$scratch/tree")
sed -i -E 's/len\(nodes\)\/2 \+ 1/len(nodes)\/2/g' "$scratch/tree/node/paxos/config.go"
(cd "$scratch/tree" && go run ./cmd/simrun run single-decree --count 5 >/dev/null 2>&1) && fail "the planted bug was not found"
good=$(find "$scratch/tree/results/runs" -name artifact.json | sort | sed -n 1p)
[ "$(status "$scratch/simrun" replay "$good")" != 2 ] || fail "the artifact itself is refused: $(cat "$scratch/err")"
spoilt() { # spoilt SED-EXPRESSION
	sed -E "$1" "$good" >"$scratch/spoilt.json"
	cmp -s "$good" "$scratch/spoilt.json" && fail "the edit $1 changes nothing"
	refuses replay "$scratch/spoilt.json"
}
for bytes in 0 1 100 1000; do
	head -c $bytes "$good" >"$scratch/cut.json"
	refuses replay "$scratch/cut.json"
done
head -c 100000 /dev/urandom >"$scratch/noise.json"
refuses replay "$scratch/noise.json"
spoilt 's/"version": [0-9]+/"version": 99/'
spoilt 's/"version": [0-9]+,//'
spoilt 's/"seed": [0-9]+/"seed": "many"/'
spoilt 's/"seed": [0-9]+/"seed": -4/'
spoilt 's/"scenario": "[^"]*"/"scenario": "chess"/'
spoilt 's/"nodes": [0-9]+,/"nodes": 0,/'
spoilt 's/"nodes": [0-9]+,/"nodes": 100000000,/'
spoilt 's/"clients": [0-9]+/"clients": -3/'
spoilt 's/"think": "[^"]*"/"think": "a while"/'
spoilt 's/"horizon": "[^"]*"/"horizon": "-1s"/'
spoilt 's/"backoffMin": [0-9]+/"backoffMin": -1/'
spoilt 's/"backoffMin": [0-9]+,//'
spoilt 's/"backoffMin"/"backofMin"/'
spoilt 's/"operations"/"operatons"/'
spoilt 's/"verdict": "[^"]*"/"verdict": "meh"/'
spoilt 's/"traceHash": "[^"]*"/"traceHash": "xyz"/'
echo "bad input: $tried refused with one line and exit status 2"
