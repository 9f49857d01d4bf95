#!/usr/bin/env bash
# Whatever makes a protocol depend on more than its input is caught in each of the ways that keep runs deterministic: by the linter, by running
# seeds twice, which names the first event that differs, by the golden hashes, and a race by the race detector.
source "$(dirname "$0")/lib.sh"
git ls-files -z --cached --others --exclude-standard | xargs -0 tar cf - | (mkdir "$scratch/tree" && tar xf - -C "$scratch/tree")
cd "$scratch/tree"
sed -i 's/env.SetTimer(timerPoll, r.config.Poll)/env.SetTimer(timerPoll, r.config.Poll+jitter())/' node/paxos/replica.go
grep -q 'jitter()' node/paxos/replica.go || fail "the timer is somewhere else now"
plant() { printf 'package paxos\n\n%s\n' "$1" >node/paxos/jitter.go; }
caught=0
# catch NAME LINT SOURCE
catch() {
	local name=$1 lint=$2
	plant "$3"
	go build -o simrun ./cmd/simrun || fail "$name does not compile"
	[ "$(status go test -count=1 -run 'TestDeterminism$' ./internal/lint)" = 1 ] || fail "$name: the linter is content"
	grep -q "jitter.go.*$lint" "$scratch/out" || fail "$name: the linter says: $(cat "$scratch/out")"
	[ "$(status ./simrun run single-decree --count 40 --check-determinism --out "$scratch/runs")" = 4 ] || fail "$name: seeds run twice are the same"
	grep -q 'two more runs part at event [0-9]*: at ' "$scratch/out" || fail "$name: the event is not named: $(cat "$scratch/out")"
	echo "$name: $(grep -m1 -o 'part at event .*' "$scratch/out")"
	[ "$(status ./simrun regress single-decree)" = 1 ] || fail "$name: the golden hashes hold"
	grep -q 'still pass, and another run' "$scratch/out" || fail "$name: no golden hash differs"
	caught=$((caught + 3))
}
plant 'import "simrun/node"

func jitter() node.Local { return 0 }'
go build -o simrun ./cmd/simrun
[ "$(status ./simrun regress single-decree)" = 0 ] || fail "something differs before anything is planted: $(cat "$scratch/out")"
catch "map order" "iterates over a map" 'import "simrun/node"

var steps = map[node.Local]bool{0: true, 1: true, 2: true, 3: true}

func jitter() node.Local {
	for k := range steps {
		return k * node.Millisecond
	}
	return 0
}'
catch "global randomness" "imports math/rand" 'import (
	"math/rand/v2"

	"simrun/node"
)

func jitter() node.Local { return node.Local(rand.Int64N(int64(node.Millisecond))) }'
catch "wall clock" "imports time" 'import (
	"time"

	"simrun/node"
)

func jitter() node.Local { return node.Local(time.Now().UnixNano() % int64(node.Millisecond)) }'
# How often one looks before the other has come is another number every time; which of many came last would mostly be the same.
catch "goroutine" "starts a goroutine" 'import (
	"simrun/node"
	"sync/atomic"
)

func jitter() node.Local {
	var came atomic.Bool
	looks := node.Local(0)
	go func() {
		looks++ // nothing orders this and the other
		came.Store(true)
	}()
	for !came.Load() {
		looks++
	}
	return looks % 1000 * node.Microsecond
}'
if go build -race -o raced ./cmd/simrun 2>"$scratch/err"; then
	[ "$(status ./raced run single-decree --count 5 --out "$scratch/runs")" != 0 ] || fail "the race detector is content"
	grep -q 'DATA RACE' "$scratch/err" || fail "the race detector says nothing"
	caught=$((caught + 1))
fi
echo "planted nondeterminism: caught $caught times"
