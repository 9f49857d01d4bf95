#!/usr/bin/env bash
# The guide "Test a protocol of your own" works: from an empty module, typing only what it says, to a found, replayed and shrunk bug in a
# protocol of one's own. It prints what the guide shows, and what is typed is the example in the end. MUST=long also measures its planted bug.
source "$(dirname "$0")/lib.sh"
export SIMRUN=$PWD GOFLAGS="${GOFLAGS:-} -mod=mod"
mkdir "$scratch/typed" "$scratch/steps"
# Blocks become numbered steps: files to write, patches to apply, commands with the status they are to exit with, and lines that they are to print.
awk -v dir="$scratch/steps" '
	function open(name) { n++; out = sprintf("%s/%03d.%s", dir, n, name); printf "" > out }
	/^<!-- / { above = $0; next }
	/^```/ && out != "" { close(out); out = ""; next }
	/^```/ && skipping { skipping = 0; next }
	/^```/ {
		if (above ~ /^<!-- file /)      { split(above, w, " "); gsub("/", "%", w[3]); open("file." w[3]) }
		else if (above ~ /^<!-- patch/) open("patch")
		else if ($0 == "```")           open("shown")
		else if (above ~ /^<!-- no run/ || $0 != "```sh") skipping = 1
		else if (above ~ /exit=/)       { sub(/.*exit=/, "", above); sub(/ .*/, "", above); open("sh." above) }
		else                            open("sh.0")
		above = ""
		next
	}
	out != "" { print > out }
	!skipping && out == "" && NF { above = "" }
' docs/own-protocol.md
cd "$scratch/typed"
commands=0 shown=0
for step in "$scratch"/steps/*; do
	name=${step##*/}
	case $name in
	*.file.*)
		path=${name#*.file.}
		mkdir -p "$(dirname "${path//%//}")"
		cp "$step" "${path//%//}" ;;
	*.shown)
		while IFS= read -r line; do
			[[ $line == *( )... ]] || grep -qxF -- "$line" "$scratch/out" || fail "the guide shows what is not printed: $line"
			shown=$((shown + 1))
		done <"$step" ;;
	*.patch) git apply "$step" || fail "the patch does not apply" ;;
	*.sh.*)
		while IFS= read -r line; do
			[ "$MUST" = long ] || [[ $line != *"run . mutants"* ]] || continue
			[ "$(status bash -c "$line")" = "${name##*.}" ] || fail "$line: $(cat "$scratch/out" "$scratch/err")"
			commands=$((commands + 1))
			case $line in
			*"run --failfast"*) grep -q '^register seed .*: violation: linearizability' "$scratch/out" || fail "another bug was found: $(cat "$scratch/out")" ;;
			*artifact.json) cp "$scratch/out" "$scratch/${line//[^a-z]/}" ;;
			*mutants*) grep -qE 'reads-anywhere .* 2/2' "$scratch/out" || fail "$(cat "$scratch/out")" ;;
			esac
		done <"$step" ;;
	esac
done
grep -q 'same verdict and same trace hash' "$scratch"/*replay* || fail "the replay is another run"
grep -q 'no single step makes it smaller' "$scratch"/*shrink* || fail "it was not made small"
for file in main.go register.go register_test.go mutants/reads-anywhere.diff; do
	cmp "$file" "$SIMRUN/examples/primarybackup/$file" || fail "the guide and the example differ in $file"
done
cd "$SIMRUN/examples/primarybackup"
go vet ./... && go test -short ./... >"$scratch/out" || fail "the example: $(cat "$scratch/out")"
[ "$(gofmt -l .)" = "" ] || fail "gofmt would change the example"
echo "own protocol: $commands commands typed, a bug of $(grep -m1 '^    events' "$scratch"/*shrink* | awk '{ print $2 " events made small, to " $3 }'), $shown lines as shown"
