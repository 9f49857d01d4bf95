#!/usr/bin/env bash
# A run that a planted bug made fail is told in at most 25 lines, the last of which is the violation; its folder has a history and
# a trace; and it can be exported.
source "$(dirname "$0")/lib.sh"
edited=node/paxos/proposer.go
sed -E 's/if m\.Accepted > p\.adopted/if false/' "$edited" >"$scratch/edited.go"
cmp -s "$edited" "$scratch/edited.go" && fail "the edit of $edited changes nothing any more"
printf '{"Replace":{"%s":"%s"}}' "$PWD/$edited" "$scratch/edited.go" >"$scratch/overlay.json"
go build -overlay "$scratch/overlay.json" -o "$scratch/simrun" ./cmd/simrun
cd "$scratch"
[ "$(status ./simrun run single-decree --failfast)" = 1 ] || fail "nothing was found: $(tail -3 out err)"
sed -n '/^  what happened$/,/^  configuration/p' out | sed '1d;$d' >story
lines=$(wc -l <story)
[ "$lines" -ge 3 ] || fail "there is hardly a story: $(cat story)"
[ "$lines" -le 25 ] || fail "the story has $lines lines"
tail -1 story | grep -q 'violation of' || fail "the story does not end with the violation: $(tail -1 story)"
grep -q 'prepares ballot' story || fail "the story does not speak of ballots: $(cat story)"

artifact=$(find results/runs -name artifact.json | sort | sed -n 1p)
for file in history.jsonl trace.jsonl; do
	[ -s "$(dirname "$artifact")/$file" ] || fail "there is no $file beside $artifact"
done
[ "$(status ./simrun export "$artifact" --shiviz s.log --chrome c.json --mermaid m.mmd)" = 0 ] || fail "the export fails: $(cat err)"
[ "$(sed -n 1p s.log)" = '(?<event>.*)\n(?<host>\S*) (?<clock>{.*})' ] || fail "the ShiViz log has no parser"
[ "$(sed -n 1p m.mmd)" = sequenceDiagram ] || fail "the diagram is none"
begun=$(grep -c '"ph":"s"' c.json)
[ "$begun" -gt 0 ] && [ "$begun" = "$(grep -c '"ph":"f"' c.json)" ] || fail "flows without an end in the Chrome trace"
echo "story of a planted bug: $lines lines; $begun messages exported"
