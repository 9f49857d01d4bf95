#!/usr/bin/env bash
# Histories that are cut off, contradict themselves, are huge or are none get one clear line on stderr and exit status 2 from "simrun check", within
# 3 GB of address space and a minute of cpu. MUST=long cuts off and spoils in more places.
source "$(dirname "$0")/lib.sh"
CGO_ENABLED=0 go build -o "$scratch/simrun" ./cmd/simrun # threads of C would reserve address space
tried=0
# refuses ARGUMENTS... <INPUT
refuses() {
	local s=0
	(
		ulimit -v 3000000 -t 60
		exec "$scratch/simrun" check "$@"
	) >"$scratch/out" 2>"$scratch/all" || s=$?
	grep -v ' so far$' "$scratch/all" >"$scratch/err" || true # how it gets on
	[ "$s" = 2 ] || fail "simrun check $*: exit status $s: $(head -c 500 "$scratch/err")"
	[ "$(wc -l <"$scratch/err")" = 1 ] || fail "simrun check $*: not one line on stderr: $(head -c 500 "$scratch/err")"
	[ "$(wc -c <"$scratch/err")" -lt 500 ] || fail "simrun check $*: a long line: $(head -c 500 "$scratch/err")"
	grep -q '^simrun: ' "$scratch/err" || fail "simrun check $*: $(cat "$scratch/err")"
	[ ! -s "$scratch/out" ] || fail "simrun check $*: wrote to stdout"
	tried=$((tried + 1))
}
# says TEXT: what is wrong with the input that follows
says() { grep -qF -- "$1" "$scratch/err" || fail "the line does not say \"$1\": $(cat "$scratch/err")"; }

# Arguments.
refuses </dev/null
refuses one two </dev/null
refuses "$scratch/missing" </dev/null
refuses "$scratch" </dev/null
refuses --model chess - </dev/null
refuses --format xml - </dev/null
refuses --budget 0 - </dev/null
refuses --budget many - </dev/null
refuses --html "$scratch/no/such/folder.html" - </dev/null

event() { printf '{"process": %s, "type": "%s", "f": "%s", "value": %s}\n' "$@"; }
# A good history, for each way of writing them, then spoilt.
{
	event 0 invoke write 7
	event 1 invoke read null
	event 0 ok write 7
	event 1 ok read 7
	event 0 invoke cas '[7, 8]'
	event 0 ok cas '[7, 8]'
} >"$scratch/good.json"
sed -E 's/"(process|type|f|value)":/:\1/g; s/"(invoke|ok|write|read|cas)"/:\1/g; s/null/nil/' "$scratch/good.json" >"$scratch/good.edn"
awk '{ gsub(/[{}",]/, ""); v = $8; for (i = 9; i <= NF; i++) v = v " " $i; sub("null", "nil", v); print "INFO  jepsen.util - " $2 " :" $4 " :" $6 " " v }' "$scratch/good.json" >"$scratch/good.log"
for f in json edn log; do
	[ "$(status "$scratch/simrun" check "$scratch/good.$f")" = 0 ] || fail "the good history good.$f is refused: $(cat "$scratch/err")"
done

# Cut off anywhere but behind an event, and with one byte changed: refused, or else read as another history, but never more than one line.
every=17
[ "$MUST" = long ] && every=1
judged=0
judges() {
	local s
	s=$(status "$scratch/simrun" check "$1")
	case "$s" in
	0 | 1) ;;
	2) [ "$(wc -l <"$scratch/err")" = 1 ] || fail "$2: not one line: $(cat "$scratch/err")" ;;
	*) fail "$2: exit status $s: $(cat "$scratch/err")" ;;
	esac
	judged=$((judged + 1))
}
for f in json edn log; do
	size=$(wc -c <"$scratch/good.$f")
	for ((n = 1; n < size; n += every)); do
		head -c "$n" "$scratch/good.$f" >"$scratch/cut"
		judges "$scratch/cut" "good.$f cut off after $n bytes"
		{ head -c "$n" "$scratch/good.$f"; printf '\377'; tail -c +$((n + 2)) "$scratch/good.$f"; } >"$scratch/cut"
		judges "$scratch/cut" "good.$f with another byte $n"
	done
done
refuses - < <(head -c 150 "$scratch/good.json")
says "cut off"
refuses - < <(head -c 150 "$scratch/good.edn")
says "cut off"
refuses - < <(head -c 20 "$scratch/good.log")

# Contradictions.
refuses - < <({ event 0 invoke write 7; event 0 invoke write 8; })
says "line 2"
refuses - < <(event 0 ok write 7)
says "line 1"
refuses - < <({ event 0 invoke write 7; event 0 ok read 7; })
refuses - < <({ event 0 invoke write 7; event 0 ok write 8; })
refuses - < <({ event 0 invoke write 7; event 0 info write 7; event 0 invoke read null; })
says "as a new process"
refuses - < <({ event 0 invoke write 7; event 1 invoke write '"x"'; })
refuses - < <({ event 0 invoke enqueue 7; event 1 invoke acquire null; })
refuses - < <(event 0 invoke frobnicate 7)
refuses - < <(event 0 begin read null)
refuses - < <(event -4 invoke read null)
refuses - < <(event 99999999999 invoke read null)
refuses --model queue - < <(event 0 invoke read null)
refuses --format edn - < <(event 0 invoke read null)
refuses - < <(event 0 invoke write 1e400)
refuses - < <(printf '[%s]' "$(event 0 invoke write 7)")
refuses - < <(printf '{"history": "simrun", "version": 99}\n')
refuses - < <(printf '{"history": "simrun", "version": 1, "model": "chess"}\n')

# Nothing, noise, and too much.
refuses - </dev/null
refuses - < <(head -c 100000 /dev/urandom)
refuses --format log - < <(head -c 100000 /dev/urandom)
refuses - < <({ head -c 40000000 /dev/zero | tr '\0' '['; })
refuses --format json - < <({ head -c 40000000 /dev/zero | tr '\0' '{'; })
refuses --format log - < <({ head -c 40000000 /dev/zero | tr '\0' 'x'; })
refuses - < <({ printf '{"process": 0, "type": "'; head -c 40000000 /dev/zero | tr '\0' 'x'; })
refuses - < <(yes "$(event 0 invoke read null)")
refuses - < <(awk 'BEGIN { for (i = 0; i < 4100000; i++) printf "{\"process\":%d,\"type\":\"invoke\",\"f\":\"read\"}\n", i }')
says "operations, the most that are read"
if [ "$MUST" = long ]; then
	refuses - < <(awk 'BEGIN { for (i = 0; i < 4; i++) { printf "{\"process\":0,\"type\":\"invoke\",\"f\":\"list\"}\n{\"process\":0,\"type\":\"ok\",\"f\":\"list\",\"value\":[1"; for (j = 0; j < 400000; j++) printf ",%d", j; print "]}" } }')
	refuses --format json - < <({ head -c 1200000000 /dev/zero | tr '\0' '\n'; })
fi
echo "check, bad input: $tried refused with one line and exit status 2; $judged cut off or spoilt never did worse"
