#!/usr/bin/env bash
# Under a stable leader a command takes at most 2(n-1) messages and those that tell learners of it, n-1 at most, and one round trip, with 3, 5 and
# 7 replicas. With slots in flight the news travels in the next proposals, and batches divide the messages among commands.
source "$(dirname "$0")/lib.sh"
operations=400
[ "$MUST" = long ] && operations=5000
go run ./cmd/simrun cost --operations $operations --markdown >"$scratch/out" || fail "$(cat "$scratch/out")"
awk -F' *[|] *' '$2 ~ /^[357]$/ {
		n = $2; rows++; accept = $8; accepted = $9; learn = $10; trips = $12
		if ($6 != "single-decree Paxos for each") {
			if (accept > n - 1 || accepted > n - 1 || learn > n - 1) bad = bad " " $0
			if (accept + accepted > 2 * (n - 1)) bad = bad " " $0
		}
		if ($6 == "stable leader" && trips > 1) bad = bad " " $0
		if ($6 == "stable leader") figures = figures " n=" n ": " $11 " messages and " trips " round trips;"
		if ($6 == "with pipelining" && (trips > 1 || learn > 0.1 * (n - 1))) bad = bad " " $0
		if ($6 == "with batching" && $11 > (n - 1) / 2) bad = bad " " $0
		if ($6 == "single-decree Paxos for each" && trips < 2) bad = bad " " $0
	}
	END { if (rows != 18 || bad != "") { print "FAILED: " rows " rows," bad; exit 1 } print "cost of a command under a stable leader:" figures }' "$scratch/out"
