#!/usr/bin/env bash
# Every package has at least 80% of its statements run by the tests, those of other packages included. Left out are main packages, whose bodies
# are elsewhere or which are run as programs. What tests that must fail cover, in processes of their own, counts. MUST=long also runs the tests without
# counting, all anew, and holds the time that they take against 5 minutes.
source "$(dirname "$0")/lib.sh"
tests() { MUST=short go test -count=1 "$@" ./... >"$scratch/out" 2>&1 || fail "$(grep -v '^ok\|no test files' "$scratch/out" | head -40)"; }
took=unknown
if [ "$MUST" = long ]; then
	began=$SECONDS
	tests
	took=$((SECONDS - began))
	[ "$took" -le 300 ] || fail "the tests took $took s, and must take at most 300 s"
fi
packages=$(go list ./... | paste -sd,)
mkdir "$scratch/children"
COVER_CHILDREN="$scratch/children" tests -coverpkg="$packages" -coverprofile="$scratch/profile"
go list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' ./... >"$scratch/mains"
# A block is in the profile once for each test binary: it counts as run if any has run it.
awk -v mains="$scratch/mains" '
	BEGIN { while ((getline line < mains) > 0) left[line] = 1 }
	! /^mode:/ {
		n[$1] = $2
		if ($3 > 0) run[$1] = 1
	}
	END {
		for (block in n) {
			package = block
			sub(/\/[^\/]*$/, "", package)
			all[package] += n[block]
			if (run[block]) covered[package] += n[block]
		}
		for (p in all) if (!(p in left)) printf "%5.1f %s\n", 100 * covered[p] / all[p], p
	}
' "$scratch/profile" "$scratch"/children/* | sort -n >"$scratch/table"
cat "$scratch/table"
low=$(awk '$1 < 80' "$scratch/table")
[ -z "$low" ] || fail "below 80%: $low"
echo "coverage: $(wc -l <"$scratch/table") packages, the least $(head -1 "$scratch/table" | awk '{ print $1 "% (" $2 ")" }'), tests without counting took $took s"
