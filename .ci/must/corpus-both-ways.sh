#!/usr/bin/env bash
# The shrunk run of each planted bug fails with the bug and passes without, and every planted bug compiles. The default looks at one in twelve; MUST=long at all.
source "$(dirname "$0")/lib.sh"
MUST=$MUST go test ./scenarios/mutants -count=1 -timeout 30m -run '^(TestCorpus|TestDiffsApply|TestDiffsCompile)$' -v >"$scratch/out" 2>&1 || fail "$(grep -v '^=== ' "$scratch/out" | tail -20)"
echo "corpus: $(grep '^    --- PASS: TestCorpus/' "$scratch/out" | grep -vc 'TestCorpus/\(testbed\|protocol\)-') shrunk runs fail with their bug, $(($(grep -c '^    --- \(PASS\|SKIP\): TestCorpus/' "$scratch/out"))) pass without, $(ls scenarios/mutants/*.diff | wc -l) bugs apply"
