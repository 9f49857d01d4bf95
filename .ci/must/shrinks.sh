#!/usr/bin/env bash
# Planted bugs are found, and what was found is shrunk: to a case from which no single thing can be taken, which replays with the
# same trace hash, in the median with at most 3 faults and messages and 5 operations, in less than a minute on two cores.
#
# A bug is a line of plant below, or a file with a unified diff in the folder that DIFFS names (by default scenarios/mutants),
# whose name begins with paxos- or multi-. The short form takes four; MUST=long takes all. TABLE=results/shrink.md writes the table.
source "$(dirname "$0")/lib.sh"
git ls-files -z --cached --others --exclude-standard | xargs -0 tar cf "$scratch/tree.tar"
DIFFS=${DIFFS:-scenarios/mutants}
[ ! -d "$DIFFS" ] || DIFFS=$(cd "$DIFFS" && pwd)
rows="$scratch/rows"
: >"$rows"
missed=""

unpack() {
	dir="$scratch/bug"
	rm -rf "$dir"
	mkdir "$dir"
	tar xf "$scratch/tree.tar" -C "$dir"
}

# number NAME: its value in the "after" part of the sizes, or with before in front in the other
number() { sed -E "s/.*\"$1\":\{[^}]*\"$2\":([0-9]+).*/\1/" "$dir/sizes"; }

# shrunk NAME SCENARIO: finds the bug planted in $dir, shrinks it, and adds a row
shrunk() {
	if ! (cd "$dir" && go build -o simrun ./cmd/simrun 2>err); then
		[ "$MUST" = long ] || fail "$1 does not build: $(tail -3 "$dir/err")"
		missed="$missed $1(does not build)"
		return
	fi
	local s=0 artifact
	(cd "$dir" && ./simrun run "$2" --count "${COUNT:-3000}" --failfast --jobs 2 --watchdog 5s >out 2>err) || s=$?
	artifact=$(cd "$dir" && mkdir -p results/runs && find results/runs -name artifact.json | sort | sed -n 1p)
	if [ "$s" != 1 ] || [ -z "$artifact" ]; then
		missed="$missed $1"
		return
	fi
	if grep -q '"fingerprint": "watchdog' "$dir/$artifact"; then
		missed="$missed $1(hangs)"
		return
	fi
	local from=${EPOCHREALTIME/./}
	(cd "$dir" && ./simrun shrink "$artifact" --jobs 2 --json --out min.json >sizes 2>err) || fail "$1: shrink: $(tail -3 "$dir/err")"
	local took=$((${EPOCHREALTIME/./} - from))
	s=0
	(cd "$dir" && ./simrun replay min.json >again 2>err) || s=$?
	[ "$s" = 1 ] || fail "$1: the replay of the small case exits with $s"
	grep -q '^same verdict and same trace hash' "$dir/again" || fail "$1: the replay of the small case differs: $(tail -3 "$dir/again")"
	grep -q '"minimal":true' "$dir/sizes" || fail "$1: not minimal: $(cat "$dir/sizes")"
	local check
	check=$(sed -E 's/.*"fingerprint":"([^"]*)".*/\1/' "$dir/sizes")
	printf '%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n' "$1" "$2" "$check" \
		"$(number before faults)" $(($(number after faults) + $(number after messages))) \
		"$(number before operations)" "$(number after operations)" "$(number before replicas)" "$(number after replicas)" \
		"$(number before events)" "$(number after events)" $((took / 1000)) >>"$rows"
}

# plant NAME SCENARIO FILE SED-EXPRESSION
plant() {
	unpack
	sed -i -E "$4" "$dir/$3"
	if cmp -s "$3" "$dir/$3"; then
		[ "$MUST" = long ] || fail "$1: the edit of $3 changes nothing any more"
		missed="$missed $1(does not apply)"
		return
	fi
	shrunk "$1" "$2"
}

# apply FILE: a bug as a diff
apply() {
	local name
	name=$(basename "$1" .diff)
	unpack
	if ! (cd "$dir" && git init -q . && git apply "$1" 2>err); then
		missed="$missed $name(does not apply)"
		return
	fi
	case $name in
	paxos-*) shrunk "$name" single-decree ;;
	*) shrunk "$name" kv ;;
	esac
}

# median COLUMN
median() { cut -f "$1" "$rows" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# The test that is written fails with the bug, and passes without.
tested() {
	local s=0
	(cd "$dir" && ./simrun shrink min.json --jobs 2 --out again.json --test found/found_test.go >/dev/null 2>err) || fail "no test was written: $(tail -3 "$dir/err")"
	cmp -s "$dir/min.json" "$dir/again.json" || fail "a small case became another one when it was shrunk again"
	(cd "$dir" && go test ./found >again 2>&1) || s=$?
	[ "$s" = 1 ] || fail "the written test exits with $s: $(tail -3 "$dir/again")"
	grep -q 'violation: safe: vote without a quorum of promises' "$dir/again" || fail "the written test fails otherwise: $(tail -5 "$dir/again")"
	cp "$1" "$dir/$1"
	(cd "$dir" && go test ./found >again 2>&1) || fail "without the bug, the written test fails: $(tail -5 "$dir/again")"
}

plant majority-off-by-one single-decree node/paxos/config.go 's/len\(nodes\)\/2 \+ 1/len(nodes)\/2/g'
tested node/paxos/config.go
plant accepted-values-ignored single-decree node/paxos/proposer.go 's/if m\.Accepted > p\.adopted/if false/'
plant vote-below-promise single-decree node/paxos/acceptor.go '/^func.*onAccept/,/^}/s/if b < a\.promised/if false/'
plant promise-for-another-ballot-counts single-decree node/paxos/proposer.go 's/ \|\| m\.Ballot != p\.ballot \{/ {/'
if [ "$MUST" = long ]; then
	single() { plant "$1" single-decree "node/paxos/$2" "$3"; }
	single accept-raises-no-promise acceptor.go 's/^\t\ta\.promised = b$/\t\t_ = b/'
	single promise-not-stored acceptor.go 's/^.*r\.logPromise\(env, b\)$//'
	single vote-not-stored acceptor.go 's/^.*r\.logVote\(env, b, value\)$//'
	single promise-before-sync acceptor.go 's/SendDurable\(from, Message\{Kind: Promise/Send(from, Message{Kind: Promise/'
	single vote-before-sync acceptor.go 's/SendDurable\(from, Message\{Kind: Accepted/Send(from, Message{Kind: Accepted/'
	single promise-omits-vote acceptor.go 's/Ballot: b, Accepted: a\.accepted, Value: a\.value/Ballot: b/'
	single adopts-last-promise proposer.go 's/if m\.Accepted > p\.adopted/if m.Accepted > 0/'
	single phase1-off-by-one proposer.go 's/p\.quorum\.len\(\) < r\.config\.Phase1/p.quorum.len() < r.config.Phase1-1/'
	single phase2-off-by-one proposer.go 's/p\.quorum\.len\(\) < r\.config\.Phase2/p.quorum.len() < r.config.Phase2-1/'
	single stale-acceptance-counts proposer.go 's/p\.phase != accepting \|\| b != p\.ballot/p.phase != accepting/'
	log() { plant "multi-$1" kv "node/multipaxos/$2" "$3"; }
	log majority-off-by-one config.go 's/return n\/2 \+ 1/return n\/2/'
	log no-dedup learner.go 's/if (list|c)\.seq > s\.seq \{/if \1.seq > 0 {/'
	log commit-covers-stale-votes learner.go 's/if e == nil \|\| e\.ballot != b \{/if e == nil {/'
	log promise-not-stored acceptor.go 's/^\tr\.writePromise\(env, b\)$//'
	log vote-before-sync acceptor.go 's/env\.SendDurable\(to, Message\{Kind: Accepted/env.Send(to, Message{Kind: Accepted/'
	log votes-below-promise acceptor.go '/^func.*onAccept/,/^}/s/if m\.Ballot < r\.promised \{/if false {/'
	log rewrite-drops-promise checkpoint.go 's/^\tr\.wal\.Add\(recordPromise, r\.scratch\)$//'
	log image-without-sessions checkpoint.go 's/r\.machine, r\.sessions = fresh\.machine, fresh\.sessions/r.machine = fresh.machine/'
	log ignores-reports election.go 's/^\t\tr\.adopt\(list\.slot, list\.ballot, list\.value\)$/\t\t_ = list/'
	log adopts-last-report election.go 's/if b > p\.ballot \{/if true {/'
	log phase1-off-by-one election.go 's/!quorum\(r\.promises, r\.phase1\)/!quorum(r.promises, r.phase1-1)/'
	log holes-end-the-report leader.go 's/i < uint64\(len\(r\.reported\)\) \{/i < uint64(len(r.reported)) \&\& r.reported[i].ballot > 0 {/'
	for diff in "$DIFFS"/paxos-*.diff "$DIFFS"/multi-*.diff; do
		[ ! -f "$diff" ] || apply "$diff"
	done
fi

count=$(wc -l <"$rows")
if [ -n "${TABLE:-}" ]; then
	{
		cat <<'TEXT'
# Shrinking

Planted bugs, the first seed that finds each, and the smallest case that fails in the same way: what `simrun run` finds, and what
`simrun shrink` makes of it. Faults include single messages whose fate is fixed; operations are
those that clients called until it failed. Made by

```sh
MUST=long TABLE=results/shrink.md bash .ci/must/shrinks.sh
```

| bug | scenario | check | faults | operations | replicas | events | seconds |
|---|---|---|---|---|---|---|---|
TEXT
		awk -F '\t' '{ printf "| %s | %s | %s | %d → %d | %d → %d | %d → %d | %d → %d | %.1f |\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 / 1000 }' "$rows"
		printf '| **median** | | | %d → %d | %d → %d | %d → %d | %d → %d | %s |\n' "$(median 4)" "$(median 5)" "$(median 6)" "$(median 7)" \
			"$(median 8)" "$(median 9)" "$(median 10)" "$(median 11)" "$(median 12 | awk '{ printf "%.1f", $1 / 1000 }')"
		[ -z "$missed" ] || printf '\nNot found in %s seeds, and so not shrunk:%s.\n' "${COUNT:-3000}" "$missed"
	} >"$TABLE"
fi
[ "$count" -ge 4 ] || fail "only $count bugs were found"
[ "$(median 5)" -le 3 ] || fail "the median case has $(median 5) faults"
[ "$(median 7)" -le 5 ] || fail "the median case has $(median 7) operations"
[ "$(median 12)" -lt 60000 ] || fail "shrinking took $(median 12) ms in the median"
echo "shrunk: $count bugs, median $(median 4) faults to $(median 5), $(median 6) operations to $(median 7), $(median 10) events to $(median 11), in $(median 12) ms"
