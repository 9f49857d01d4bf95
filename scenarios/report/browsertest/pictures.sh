#!/usr/bin/env bash
# Makes the pictures of reports in docs/ anew: those of the shrunk runs, in scenarios/corpus, of a bug against safety and one against liveness.
# Needs chromium.
set -euo pipefail
cd "$(dirname "$0")/../../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
go build -o "$scratch/simrun" ./cmd/simrun
for bug in multi-read-unconfirmed multi-accept-sent-once; do
	"$scratch/simrun" replay --mutant "$bug" "scenarios/corpus/$bug.json" --report "$scratch/$bug.html" >"$scratch/out" || [ $? = 1 ]
	[ -s "$scratch/$bug.html" ] || { echo "there is no report of $bug: $(tail -3 "$scratch/out")" >&2; exit 1; }
done
docs=${1:-$PWD/docs}
cd scenarios/report/browsertest
go test -count=1 -run Screenshots -screenshots "$docs" -safety "$scratch/multi-read-unconfirmed.html" -liveness "$scratch/multi-accept-sent-once.html" .
