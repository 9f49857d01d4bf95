#!/usr/bin/env bash
# Every fault planted in the checkers of histories makes their tests fail. A fault is a sed expression for one file of package checker, which
# must still change something and still compile. The short form plants three of them.
source "$(dirname "$0")/lib.sh"
planted=0
caught=0

# mutant NAME FILE SED-EXPRESSION
mutant() {
	local edited="$scratch/mutant.go"
	sed -E "$3" "checker/$2" >"$edited"
	cmp -s "checker/$2" "$edited" && fail "$1: the edit of checker/$2 changes nothing any more"
	printf '{"Replace":{"%s":"%s"}}\n' "$PWD/checker/$2" "$edited" >"$scratch/overlay.json"
	go vet -overlay "$scratch/overlay.json" ./checker >"$scratch/out" 2>&1 || fail "$1 does not compile: $(cat "$scratch/out")"
	planted=$((planted + 1))
	if go test -overlay "$scratch/overlay.json" -short -timeout 60s ./checker >"$scratch/out" 2>&1; then
		echo "NOT CAUGHT: $1"
	else
		echo "$1: $(grep -m1 -oE -- '--- FAIL: .*|panic: .*' "$scratch/out")"
		caught=$((caught + 1))
	fi
}

mutant certificate-ignores-real-time certificate.go 's/if o\.Return < latest/if false/'
mutant cas-ring-not-guarded unique.go 's/if covered != seen/if false/'
mutant search-believes-the-log search.go 's/s\.line\(ops, part, false\)/s.line(ops, part, true)/'
if [ "$MUST" = long ]; then
	mutant certificate-skips-what-has-no-place certificate.go 's/return &refusal\{why: .*has no place.*/continue/'
	mutant certificate-looks-at-cas-only certificate.go 's/if !ok \{/if !ok \&\& o.Kind == CAS {/'
	mutant places-may-be-shared certificate.go 's/p > 0 && m\.ByKey/false/'
	mutant log-blamed-for-silence certificate.go 's/disagrees: !unplaced\(.*\)\}/disagrees: true}/'
	mutant index-in-slot-ignored certificate.go 's/len\(batch\) > 1/false/'
	mutant write-order-ignores-real-time writeorder.go 's/if o\.Return < latest/if false/'
	mutant reads-of-writes-not-yet-called writeorder.go 's/last = w\.upTo\[called\] - 1/last = w.upTo[called]/'
	mutant reads-behind-what-returned writeorder.go 's/from = max\(from, w\.place\[.*/from = max(from, 0)/'
	mutant cas-hits-anything writeorder.go 's/now != o\.Arg \{/false \&\& now != o.Arg {/'
	mutant unknown-writes-have-happened unique.go 's/seen: o\.Outcome == OK/seen: true/'
	mutant unknown-cas-saw-nothing unique.go 's/if o\.Kind != CAS \{/if true {/'
	mutant two-cas-of-one-value unique.go 's/if g\.next != 0/if false/'
	mutant values-twice-are-unique unique.go '/e := u\.table\.find\(value\)/,/return open/ s/if e\.number >= 0/if false/'
	mutant forward-zones-may-overlap unique.go 's/for j := 1; j < len\(u\.forward\)/for j := 1; j < 0/'
	mutant backward-zones-not-looked-at unique.go 's/range u\.backward \{/range u.backward[:0] {/'
	mutant chain-ignores-real-time unique.go 's/if returned < b\.lastCall/if false/'
	mutant readers-ignore-real-time unique.go 's/returned := later\(g\.firstReturn\); returned < b\.lastCall/returned := later(g.firstReturn); false/'
	mutant first-value-is-not-first unique.go 's/b\.firstReturn = 0$/b.firstReturn = Never/'
	mutant witness-forgets-who-saw conflict.go 's/ops\[g\.writer\]\.Outcome != OK && !g\.read/false/'
	mutant search-ignores-real-time search.go '/s\.furthest = max/,/break/ s/break/continue/'
	mutant intervals-closed-for-good search.go 's/if s\.run\(ops, part, m, budget\) == explained \{/if s.run(ops, part, m, budget) != open {/; s/^\t\t\treturn explained$/\t\t\treturn impossible/'
	mutant pending-operations-ignored search.go 's/s\.line\(ops, part, false\)/s.line(ops, part, true)/; s/case narrow && o\.Slot == 0/case narrow/; /^\tcase narrow:$/,/\^r\.op/ d'
	mutant visited-by-state-only search.go 's/after\.and\(next\)/(digest{}).and(next)/'
	mutant visited-by-set-only search.go 's/after\.and\(next\)/after.and(0)/'
	mutant writes-never-taken-back search.go 's/if last < 0 && harmless\(&ops\[part\[p\]\]\)/if last < 0/'
	mutant out-of-budget-is-a-pass search.go '/uint64\(s\.visited\.count\) > allowed/,/return/ s/return open/return explained/'
	mutant failed-operations-happened keys.go 's/return o\.Outcome == OK .*\}/return o.Outcome <= Unknown }/'
	mutant keys-run-together keys.go 's/return int32\(o\.Key\)/return 0/'
	mutant events-may-be-shared validate.go 's/if \*word&bit != 0/if false/'
	mutant clients-may-overlap validate.go 's/if until > o\.Call/if false \&\& until > o.Call/'
	mutant porcupine-is-not-heard oracle.go 's/r\.Answer, r\.Reason = CheckersDisagree, reason/_ = reason/'
	mutant undecided-is-a-pass linearizable.go 's/r\.Answer, r\.Reason = NotDecided, undecided/_, r.Reason = NotDecided, undecided/'
	mutant log-is-not-blamed linearizable.go 's/r\.Answer == Linearizable && refused\.disagrees/false/'
fi
[ "$caught" = "$planted" ] || fail "$((planted - caught)) of $planted faults planted in the checkers were not caught"
echo "faults planted in the checkers: $caught of $planted caught"
