#!/usr/bin/env bash
# Transactions across groups: with the leader of the coordinator or of the participant crashed before and after every event of a transaction on its host, and under the default
# faults, every transaction is done by all its groups or by none, and histories are strictly serializable.
source "$(dirname "$0")/lib.sh"
count=200 short=-short
[ "$MUST" = long ] && count=5000 short=
go test $short -count=1 -v -run TestCrashAtEveryStep ./scenarios/gallery >"$scratch/out" || fail "$(tail -20 "$scratch/out")"
crashes=$(sed -n 's/.*: \([0-9]*\) crashes in .*/\1/p' "$scratch/out")
[ "${crashes:-0}" -ge 20 ] || fail "only ${crashes:-0} crashes were tried"
said=$(status go run ./cmd/simrun run two-phase-commit --seeds 1-$count --out "$scratch/runs")
[ "$said" = 0 ] || fail "exit status $said: $(grep -h violation "$scratch/out" | head -5)"
grep -q "^  verdicts  *$(printf "%'d" $count | sed 's/^\([0-9]\)\([0-9]\{3\}\)$/\1,\2/') pass$" "$scratch/out" || fail "$(grep verdicts "$scratch/out")"
echo "two-phase commit: $crashes crashes in the course of one transaction, and $count seeds: done by all or by none"
