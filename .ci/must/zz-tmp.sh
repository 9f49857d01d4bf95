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
	cmp -s "checker/$2" "$edited" && { echo "NOCHANGE $1"; return; }
	printf '{"Replace":{"%s":"%s"}}\n' "$PWD/checker/$2" "$edited" >"$scratch/overlay.json"
	local package=./checker
	case "$2" in models/*) package=./checker/models ;; esac
	go build -overlay "$scratch/overlay.json" $package >"$scratch/out" 2>&1 || { echo "DOES NOT COMPILE $1"; cat "$scratch/out"; return; }
	planted=$((planted + 1))
	if go test -overlay "$scratch/overlay.json" -short -timeout 60s $package >"$scratch/out" 2>&1; then
		echo "NOT CAUGHT: $1"
	else
		echo "$1: $(grep -m1 -oE -- '--- FAIL: .*|panic: .*' "$scratch/out")"
		caught=$((caught + 1))
	fi
}

mutant two-values-chosen agreement.go '/if s\.chosen \{/,/return/ s/if s\.value != f\.Value/if false/'
	mutant two-values-in-a-ballot agreement.go 's/if v\.value != f\.Value/if false/'
	mutant vote-below-promise agreement.go 's/else if f\.Ballot < w\.nodes\[n\]\.promised/else if false/'
	mutant promise-falls promise.go 's/if r\.promised < l\.promised/if false/'
	mutant vote-forgotten promise.go 's/\|\| r\.votes\[i-1\]\.ballot < want/\&\& false/'
	mutant votes-need-no-promises safe.go 's/promised < e\.phase1/false/'
	mutant votes-against-what-may-be-chosen safe.go 's/if c\.value == value/if true/'
	mutant stated-promise-not-durable stated.go 's/if f\.Ballot > l\.promised/if false/'
	mutant stated-vote-not-durable stated.go 's/case v == nil \|\| !v\.voters\.has\(n\):/case v == nil:/'
	mutant learned-not-chosen applied.go '/^func \(w \*Watch\) learned/,/^\}/ s/case !s\.chosen:/case false:/'
	mutant states-differ applied.go '/^func \(w \*Watch\) applied/,/^\}/ s/case s\.applied && s\.state != f\.State:/case false:/'
	mutant slot-left-out applied.go 's/case l\.applied > 0 && f\.Slot > l\.applied\+1:/case false:/'
	mutant executed-twice once.go 's/case \*slot != f\.Slot:/case false:/'
	mutant two-results once.go 's/if a\.known && a\.digest != result/if false/'
	mutant validity-not-looked-at validity.go 's/slot == nil \|\| d != fact\.Digest\(cmd\)/slot == nil/'
	mutant acknowledged-too-early validity.go 's/s == nil \|\| !s\.chosen/s == nil/'
	mutant leases-overlap lease.go 's/if from < l\.until/if false/'
	mutant lease-broken lease.go 's/&& w\.config\.Now\(\) < l\.until/\&\& false/'
	mutant another-membership membership.go 's/e\.start == f\.Slot && e\.digest == f\.Value/e.start == f.Slot/'
	mutant quorums-need-not-meet membership.go 's/e\.phase1\+e\.phase2 <= len/e.phase1+e.phase2 < 0*len/'
	mutant snapshot-beyond-chosen bounds.go 's/s == nil \|\| !s\.chosen/false/'
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
	mutant less-forgets-a-put models/less.go 's/o\.Kind != checker\.Append \|\| !gone/!gone/'
	mutant less-keeps-the-busy models/less.go 's/o\.Out != 0 && !gone\[o\.Out\]/!gone[o.Out]/'
	mutant less-begins-closed models/less.go 's/o\.Outcome, o\.Return, o\.Out = checker\.Unknown, checker\.Never, 0/o.Out += 0/'
	mutant less-merges-across-reads models/less.go 's/if !before \&\& !behind/if false/'

echo "$caught of $planted"
