#!/usr/bin/env bash
# The README's main command works: at least 200 seeds of every scenario pass within a minute, compilation included, every kind of fault
# happens, and more than half of the operations complete.
source "$(dirname "$0")/lib.sh"
began=$SECONDS
[ "$(status go run ./cmd/simrun run --out "$scratch/runs")" = 0 ] || fail "exit status: $(cat "$scratch/out" "$scratch/err")"
took=$((SECONDS - began))
[ "$took" -le 60 ] || fail "took $took s"
awk '
	/^[a-z-]+: [0-9,]+ of/ { gsub(",", "", $2); if ($2 < 200) bad("only " $2 " seeds"); name = $1; scenarios++ }
	/^  verdicts/          { if ($0 !~ / [0-9,]+ pass$/) bad($0) }
	/^  operations/        { for (i in f) delete f[i]; gsub(",", ""); called = $2; finished = $4; if (2 * finished <= called) bad($0); total += finished }
	/^  (messages|faults|replicas)/ { n = split($0, words, /[ :,]+/); for (i = 1; i <= n; i++) if (words[i] == "0" && words[i+1] != "elections") bad(name " " $0) }
	function bad(why) { print "FAILED: " why; failed = 1 }
	END { if (scenarios < 2) bad("no scenarios"); if (failed) exit 1; print total " operations completed" }
' "$scratch/out"
echo "main job: $took s"
