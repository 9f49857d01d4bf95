#!/usr/bin/env bash
# Every fault planted in the checkers, of histories and of what replicas do, and in the models makes their tests fail. A fault is a sed expression for one file of
# package checker, which must still change something and still compile. The short form plants four of them.
source "$(dirname "$0")/lib.sh"
planted=0
caught=0

# mutant NAME FILE SED-EXPRESSION
mutant() {
	local edited="$scratch/mutant.go"
	sed -E "$3" "checker/$2" >"$edited"
	cmp -s "checker/$2" "$edited" && fail "$1: the edit of checker/$2 changes nothing any more"
	printf '{"Replace":{"%s":"%s"}}\n' "$PWD/checker/$2" "$edited" >"$scratch/overlay.json"
	local package=./checker
	case "$2" in models/*) package=./checker/models ;; esac
	go build -overlay "$scratch/overlay.json" $package >"$scratch/out" 2>&1 || fail "$1 does not compile: $(cat "$scratch/out")"
	planted=$((planted + 1))
	if go test -overlay "$scratch/overlay.json" -short -timeout 60s $package -rapid.nofailfile >"$scratch/out" 2>&1; then
		echo "NOT CAUGHT: $1"
	else
		grep -qE -- '--- FAIL: |panic: ' "$scratch/out" || fail "$1: the tests did not run: $(cat "$scratch/out")"
		echo "$1: $(grep -m1 -oE -- '--- FAIL: .*|panic: .*' "$scratch/out")"
		caught=$((caught + 1))
	fi
}

mutant certificate-ignores-real-time certificate.go 's/if o\.Return < latest/if false/'
mutant cas-ring-not-guarded unique.go 's/if covered != seen/if false/'
mutant search-believes-the-log search.go 's/s\.line\(ops, part, false\)/s.line(ops, part, true)/'
mutant locks-have-two-holders locks.go 's/case g\.holder != 0:/case false:/'
if [ "$MUST" = long ]; then
	mutant two-values-chosen agreement.go '/^func \(w \*Watch\) voted/,/^\}/ s/if s\.chosen \{/if false {/'
	mutant two-values-in-a-ballot agreement.go 's/if v\.value != f\.Value/if false/'
	mutant vote-below-promise agreement.go 's/case f\.Ballot < l\.promised:/case false:/'
	mutant promise-falls promise.go 's/if r\.promised < l\.promised/if false/'
	mutant votes-forgotten-with-a-file promise.go 's/r\.votes\[:0\], false, rest\.AllVotes/r.votes[:0], false, true/'
	mutant votes-taken-to-be-in-order promise.go 's/if r\.mixed/if false/'
	mutant vote-forgotten promise.go 's/\|\| r\.votes\[i-1\]\.ballot < want/\&\& false/'
	mutant votes-need-no-promises safe.go 's/promised < e\.phase1/false/'
	mutant votes-against-what-may-be-chosen safe.go 's/if c\.value == f\.Value/if true/'
	mutant stated-promise-not-durable stated.go 's/if f\.Ballot > l\.promised/if false/'
	mutant promises-covered-by-lower-ones stated.go 's/ && f\.Ballot <= l\.promised//'
	mutant stated-vote-not-durable stated.go 's/cast := v != nil && v\.voters\.has\(n\)/cast := v != nil/'
	mutant learned-not-chosen applied.go '/^func \(w \*Watch\) learned/,/^\}/ s/case s == nil \|\| !s\.chosen:/case s == nil:/'
	mutant states-differ applied.go '/^func \(w \*Watch\) applied/,/^\}/ s/ \|\| s\.applied && s\.state != f\.State \{/ {/'
	mutant slot-left-out applied.go 's/case l\.applied > 0 && f\.Slot > l\.applied\+1:/case false:/'
	mutant executed-twice once.go 's/case \*slot != f\.Slot:/case false:/'
	mutant two-results once.go 's/if a\.known && a\.digest != result/if false/'
	mutant validity-not-looked-at validity.go 's/d != fact\.Digest\(cmd\)/d == 0 \&\& false/'
	mutant acknowledged-too-early validity.go 's/s == nil \|\| !s\.chosen/s == nil/'
	mutant leases-overlap lease.go 's/if from < l\.until/if false/'
	mutant lease-broken lease.go 's/&& w\.config\.Now\(\) < l\.until/\&\& false/'
	mutant another-membership membership.go 's/e\.start == f\.Slot && e\.digest == f\.Value/e.start == f.Slot/'
	mutant quorums-need-not-meet membership.go 's/e\.phase1\+e\.phase2 <= len/e.phase1+e.phase2 < 0*len/'
	mutant snapshot-beyond-chosen bounds.go 's/s == nil \|\| !s\.chosen/s == nil \&\& false/'
	mutant sessions-without-bound bounds.go 's/h\.Sessions > w\.config\.MaxSessions/false/'
	mutant tokens-fall locks.go 's/case token <= g\.token:/case false:/'
	mutant resource-takes-old-tokens locks.go 's/case token < g\.seen:/case false:/'
	mutant lost-votes-take-part damaged.go 's/d\.retired = d\.lost/d.retired = false/'
	mutant needless-unknowns-are-needed search.go 's/next == state && s\.returnAt\[p\] == 0/next == state/'
	mutant queue-is-a-stack models/queue.go 's/first\(content\) \{/first(content[len(content)-8:]) {/'
	mutant lock-tokens-fall models/lock.go 's/o\.Out > last$/true/'
	mutant transfer-without-cover models/bank.go 's/o\.Arg2 < 0 \|\| from < o\.Arg2/o.Arg2 < 0/'
	mutant transaction-sees-not-itself models/txn.go 's/s\.table\.get\(state, at\) != seen\[0\]/s.table.get(before, at) != seen[0]/'
	mutant insert-overwrites models/register.go 's/case state != 0:/case false:/'
	mutant set-forgets-nothing models/set.go 's/s\.table\.set\(state, o\.Arg, 0\)/state/'
	mutant file-outlives-its-session models/sessions.go 's/f\.Value, f\.Owner = 0, 0/f.Owner = 0/'
	mutant less-forgets-a-put models/less.go 's/o\.Kind != checker\.Append \|\| !gone/!gone/'
	mutant less-keeps-the-busy models/less.go 's/o\.Out != 0 && !gone\[o\.Out\]/!gone[o.Out]/'
	mutant less-begins-closed models/less.go 's/o\.Outcome, o\.Return, o\.Out = checker\.Unknown, checker\.Never, 0/o.Out += 0/'
	mutant less-merges-across-reads models/less.go 's/if !before \&\& !behind/if !before \&\& !behind \&\& false/'
	mutant settles-what-others-may-have-put models/settle.go 's/m\.puts == 1 \&\& m\.seen != checker\.Never/m.seen != checker.Never/'
	mutant leaves-out-what-matters models/settle.go 's/m\.puts == 1 \&\& !m\.any/m.puts == 1/'
	mutant lists-are-doomed-too-soon models/list.go 's/n > 0; n--/n > 1; n--/'
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
