#!/usr/bin/env bash
# Every recorded history is read by "simrun check" and decided, as its authors say and as porcupine says with two models, ours and one of its own: the logs
# that Jepsen recorded from etcd, and logs of a key-value store, good and bad by name. HISTORIES says where they are; the default is beside the
# checkout, or else the few in testdata. The short form leaves out porcupine on the logs of 50 clients.
source "$(dirname "$0")/lib.sh"
where=${HISTORIES:-$PWD/../shared/histories}
if [ -d "$where" ]; then
	jepsen=$(find "$where" -name 'etcd_*.log' | sort)
	stores=$(find "$where" -name 'c[0-9]*-*.txt' | sort)
	where=$(cd "$where" && pwd)
	used="$where"
else
	[ -z "${HISTORIES:-}" ] || fail "HISTORIES=$HISTORIES is no directory"
	jepsen=$(find checker/format/testdata -name '*.log' | sort)
	stores=$(find checker/format/testdata -name '*.txt' | sort)
	used="testdata alone, since no histories are beside the checkout (HISTORIES=/path names others)"
fi
[ -n "$jepsen$stores" ] || fail "there are no histories in $where"

# Those that the authors of porcupine expect to be linearizable; the log 095 is empty.
good=" 002 005 007 018 025 031 038 045 048 049 051 053 056 067 075 076 080 087 092 098 100 101 102 "
go build -o "$scratch/simrun" ./cmd/simrun
read=0 linearizable=0 empty=0
# decides FILE STATUS: 0 linearizable, 1 not, 2 empty
decides() {
	local s
	s=$(status "$scratch/simrun" check "$1")
	[ "$s" = "$2" ] || fail "simrun check $1: exit status $s, not $2: $(cat "$scratch/out" "$scratch/err")"
	read=$((read + 1))
	case $s in
	0) linearizable=$((linearizable + 1)) ;;
	1) grep -q '  reason ' "$scratch/out" && grep -q 'no order explains these' "$scratch/out" || fail "$1: no reason or no witness: $(cat "$scratch/out")" ;;
	2)
		[ -s "$1" ] && fail "$1: refused: $(cat "$scratch/err")"
		empty=$((empty + 1))
		;;
	esac
}
for f in $jepsen; do
	n=$(basename "$f" .log)
	case "$good" in
	*" ${n#etcd_} "*) decides "$f" 0 ;;
	*) decides "$f" $([ -s "$f" ] && echo 1 || echo 2) ;;
	esac
done
for f in $stores; do
	case "$f" in
	*-ok.txt) decides "$f" 0 ;;
	*-bad.txt) decides "$f" 1 ;;
	esac
done
HISTORIES=$where go test -count=1 $([ "$MUST" = long ] || echo -short) ./checker/format -run '^TestRecorded' >"$scratch/out" 2>&1 || fail "$(tail -20 "$scratch/out")"
echo "recorded histories: $used"
echo "recorded histories: $read read: $linearizable linearizable, $((read - linearizable - empty)) not, $empty empty; porcupine agrees"
