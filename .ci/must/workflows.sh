#!/usr/bin/env bash
# The workflows are valid, a broken one is not, and the nightly one opens an issue for each way to fail and comments where there is one. No
# network but for the module proxy.
source "$(dirname "$0")/lib.sh"
actionlint() { go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.7 "$@"; }
actionlint || fail "the workflows are not valid"
sed 's/runs-on:/runs-no:/' .github/workflows/nightly.yml >"$scratch/broken.yml"
[ "$(status actionlint "$scratch/broken.yml")" = 1 ] || fail "a broken workflow was taken for a good one"

if command -v jq >/dev/null; then
	mkdir "$scratch/bin" "$scratch/grown"
	cp scenarios/corpus/kv-cas-ignores-expected.json scenarios/corpus/paxos-no-backoff.json "$scratch/grown/"
	known="$(jq -r .scenario scenarios/corpus/paxos-no-backoff.json): $(jq -r .fingerprint scenarios/corpus/paxos-no-backoff.json)"
	cat >"$scratch/bin/gh" <<-EOF
		#!/usr/bin/env bash
		case "\$*" in
		"issue list"*) [ "\$TITLE" != "$known" ] || echo 17 ;;
		*) echo "\$1 \$2 \$3 \$4" >>"$scratch/said" ;;
		esac
	EOF
	chmod +x "$scratch/bin/gh"
	PATH="$scratch/bin:$PATH" .github/issues "$scratch/grown"
	[ "$(wc -l <"$scratch/said")" = 2 ] || fail "$(cat "$scratch/said")"
	grep -q "^issue create --title kv: " "$scratch/said" || fail "no issue was opened: $(cat "$scratch/said")"
	grep -q "^issue comment 17 --body" "$scratch/said" || fail "no comment was made: $(cat "$scratch/said")"
else
	echo "left out: the issues, which need jq"
fi
echo "workflows: $(ls .github/workflows/*.yml | wc -l) valid"
