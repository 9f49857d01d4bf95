#!/usr/bin/env bash
# A hunt prints lines that plant its bug again. In a tree with a bug of its own it says so in one line, and takes the credit for nothing; and when another check
# fires than the bug should make fire, it warns.
source "$(dirname "$0")/lib.sh"
git ls-files -z --cached --others --exclude-standard | xargs -0 tar cf - | (mkdir "$scratch/tree" && tar xf - -C "$scratch/tree")
cd "$scratch/tree"
go build -o "$scratch/simrun" ./cmd/simrun
bug=paxos-restart-forgets-promise
sed -i 's/^expect: .*/expect: agreement/' scenarios/mutants/$bug.diff
[ "$(status "$scratch/simrun" hunt $bug)" = 1 ] || fail "the hunt: $(tail -3 "$scratch/err")"
grep -q '^simrun: warning: the check that fired is [a-z]*, and the diff expects agreement$' "$scratch/err" || fail "no warning of another check: $(cat "$scratch/err")"
sed -n '/^  again$/,/^ *1 /s/^    go run [^ ]* //p' "$scratch/out" >"$scratch/lines"
lines=0
while IFS= read -r command; do
	case $(status timeout 100 "$scratch/simrun" $command) in
	0) [[ $command == explain* ]] || fail "$command passes" ;;
	1) grep -q '^same verdict and same trace hash' "$scratch/out" || fail "$command is another run: $(tail -3 "$scratch/out")" ;;
	*) fail "$command: $(cat "$scratch/err")" ;;
	esac
	lines=$((lines + 1))
done <"$scratch/lines"
[ "$lines" = 2 ] || fail "$lines lines to paste, and there should be 2"
sed -i -E 's/if m\.Accepted > p\.adopted/if false/' node/paxos/proposer.go
[ "$(status "$scratch/simrun" hunt $bug)" = 2 ] || fail "the tree's own bug is taken for the planted one: $(tail -3 "$scratch/out")"
grep -q "^simrun: the run that was found fails without $bug too, so the tree has a bug of its own (violation: safe: " "$scratch/err" || fail "$(cat "$scratch/err")"
echo "hunt: $lines lines plant the bug again, and a tree with a bug of its own is told"
