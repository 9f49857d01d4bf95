#!/usr/bin/env bash
# On one core, a million operations of 30 clients on one key, 5% of unknown outcome, get an exact verdict within 0.5 s of cpu and 250 bytes an operation, with
# the order of the log, with that of its writes alone, and without, linearizable and with one stale read; 100,000 operations on 10 keys within 30 ms. MUST=long measures more
# often, with porcupine beside it, and with an argument writes the table to that file: .ci/must/checker-speed.sh results/checkers.md
source "$(dirname "$0")/lib.sh"
times=3x
[ "$MUST" = long ] && times=10x
GOMAXPROCS=1 go test ./checker -run '^$' -bench '^BenchmarkCheck$' -benchtime $times >"$scratch/check" || fail "$(cat "$scratch/check")"
awk '
	/^BenchmarkCheck/ {
		split($1, part, /[=\/]/)
		operations = part[3]; keys = part[5]; log_ = part[7]; stale = part[9]; sub(/-[0-9]+$/, "", stale)
		for (i = 3; i < NF; i++) { if ($(i+1) == "cpu-ms/op") ms = $i; if ($(i+1) == "B/operation") bytes = $i }
		printf "| %s | %s | %s | %s | %.1f | %.0f |\n", operations, keys, log_, stale == "true" ? "yes" : "no", ms, bytes
		if (ms > (operations > 500000 ? 500 : 30)) { print "FAILED: " $1 " takes " ms " ms"; failed = 1 }
		if (bytes > 250) { print "FAILED: " $1 " takes " bytes " bytes an operation"; failed = 1 }
		n++
	}
	END { if (n < 12) { print "FAILED: only " n + 0 " figures"; failed = 1 } exit failed }
' "$scratch/check" >"$scratch/table" || fail "$(grep FAILED "$scratch/table")"
echo "checker: operations | keys | log | stale read | cpu ms | bytes an operation"
cat "$scratch/table"
[ "$MUST" = long ] || exit 0

go test ./checker -run '^$' -bench '^BenchmarkPorcupine$' -benchtime 3x >"$scratch/porcupine" || fail "$(cat "$scratch/porcupine")"
awk '
	/^BenchmarkPorcupine/ {
		if (split($1, part, "/") < 4) next
		sub(/.*=/, "", part[2]); sub(/.*=/, "", part[3]); sub(/-[0-9]+$/, "", part[4])
		row = part[2] " | " part[3] * 100 "%"
		if (!(row in seen)) { seen[row] = 1; rows[++n] = row }
		if ($4 == "ns/op") us[row, part[4]] = $3 / 1000
	}
	function cell(row, who) { return (row, who) in us ? sprintf("%.0f", us[row, who]) : "not decided" }
	END {
		for (i = 1; i <= n; i++) {
			ratio = (rows[i], "porcupine") in us && (rows[i], "kv") in us ? sprintf("%.0f", us[rows[i], "porcupine"] / us[rows[i], "kv"]) : ""
			print "| " rows[i] " | " cell(rows[i], "porcupine") " | " cell(rows[i], "plain") " | " cell(rows[i], "kv") " | " ratio " |"
		}
	}
' "$scratch/porcupine" >"$scratch/beside"
echo "beside porcupine, microseconds: operations | unknown | porcupine | search | unique values | ratio"
cat "$scratch/beside"
[ $# -gt 0 ] || exit 0
{
	cat <<'EOF'
# Checking histories

Made by `MUST=long .ci/must/checker-speed.sh results/checkers.md`.

Exact verdicts on one core: 30 clients, 5% of the operations of unknown outcome, unique values, a fresh checker each time. The log has the order of all operations (the certificate decides what is
linearizable), of the writes alone (the write order does), or is not there (unique values do, as they do wherever a read is stale). Bytes are those of the history and of the checker together.

| operations | keys | log | one stale read | cpu ms | bytes an operation |
|---|---|---|---|---|---|
EOF
	cat "$scratch/table"
	cat <<'EOF'

Beside porcupine (5 s at most): histories of 4 clients on one key without log order, linearizable, microseconds for a verdict. "Search" is the general search, which knows nothing of
registers; the last column is porcupine's time over that of unique values.

| operations | unknown | porcupine | search | unique values | ratio |
|---|---|---|---|---|---|
EOF
	cat "$scratch/beside"
} >"$1"
