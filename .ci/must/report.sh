#!/usr/bin/env bash
# A report is one page that needs nothing else, and works in a real browser: story, zoom, hover, click, keys, filter, dark mode, 10,000
# records drawn with bounded work, 200,000 opened. Chromium is installed where it is missing and that is possible.
source "$(dirname "$0")/lib.sh"
go test ./scenarios/report/... >"$scratch/out" || fail "$(cat "$scratch/out")"
browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
if ! browser >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	(apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium) >"$scratch/apt" 2>&1 ||
		echo "apt-get could not install chromium: $(tail -1 "$scratch/apt")"
fi
cd scenarios/report/browsertest
go mod tidy -diff >"$scratch/out" 2>&1 || fail "go.mod of the browser tests: $(cat "$scratch/out")"
go vet . || fail "go vet of the browser tests"
if ! browser >/dev/null; then
	echo "report: the page holds together; left out: using it needs chromium, which is not here"
	exit
fi
go test -count=1 -v . >"$scratch/out" 2>&1 || fail "$(grep -v '^=== ' "$scratch/out")"
echo "report: $(grep -c '^--- PASS' "$scratch/out") tests in $(basename "$(browser)")"
