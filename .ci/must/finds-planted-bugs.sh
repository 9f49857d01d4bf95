#!/usr/bin/env bash
# With one line of a protocol edited, a default run reports a violation, exits with 1 and saves an artifact, whose replay
# shows the same violation.
source "$(dirname "$0")/lib.sh"
git ls-files -z --cached --others --exclude-standard | xargs -0 tar cf "$scratch/tree.tar"
found=0

# plant NAME FILE SED-EXPRESSION
plant() {
	local dir="$scratch/$1"
	mkdir "$dir"
	tar xf "$scratch/tree.tar" -C "$dir"
	sed -i -E "$3" "$dir/$2"
	cmp -s "$2" "$dir/$2" && fail "$1: the edit of $2 changes nothing any more"
	(cd "$dir" && go build -o simrun ./cmd/simrun) || fail "$1 does not build"
	local s=0
	(cd "$dir" && ./simrun run >out 2>err) || s=$?
	[ "$s" = 1 ] || fail "$1: exit status $s: $(tail -5 "$dir/out" "$dir/err")"
	local artifact
	artifact=$(cd "$dir" && find results/runs -name artifact.json | sort | sed -n 1p)
	[ -n "$artifact" ] || fail "$1: no artifact"
	s=0
	(cd "$dir" && ./simrun replay "$artifact" >again 2>err) || s=$?
	[ "$s" = 1 ] || fail "$1: replay exits with $s"
	grep -q '^same verdict and same trace hash' "$dir/again" || fail "$1: replay differs: $(tail -3 "$dir/again")"
	echo "$1: $(sed -n "s/.*\(violation: .*\)/\1/p" "$dir/out" | sed -n 1p)"
	found=$((found + 1))
}

plant majority-off-by-one node/paxos/config.go 's/len\(nodes\)\/2 \+ 1/len(nodes)\/2/g'
plant promise-not-persisted node/paxos/acceptor.go 's/^.*r\.logPromise\(env, b\)$//'
plant accepted-values-ignored node/paxos/proposer.go 's/if m\.Accepted > p\.adopted/if false/'
if [ "$MUST" = long ]; then
	plant multi-majority-off-by-one node/multipaxos/config.go 's/return n\/2 \+ 1/return n\/2/'
	plant accepted-before-fsync node/paxos/acceptor.go 's/SendDurable\(from, Message\{Kind: Accepted/Send(from, Message{Kind: Accepted/'
fi
echo "planted bugs found and replayed: $found of $found"
