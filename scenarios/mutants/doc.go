// Package mutants keeps bugs that real systems had, planted in the protocols of this repository, so that how fast the testbed
// finds a real bug can be measured again and again.
//
// Each bug is a file NAME.diff: a header that tells what is wrong, and a unified diff against the sources. No source carries a
// switch for a bug: [Mutant.Apply] computes the changed files, and [Builder.Build] compiles them with "go build -overlay",
// which leaves the tree as it is.
//
//	wrong: one sentence
//	seen: where it really happened
//	needs: the faults without which it hardly shows, or none
//	expect: the checks that should fire, by name, the likeliest first
//	scenario: the scenario in which it is looked for
//	family: ballots, quorums, durability, recovery, catch-up, sessions, machine, membership, reads, liveness
//	--- a/node/paxos/proposer.go
//	+++ b/node/paxos/proposer.go
//	@@ -72,3 +72,3 @@
//	...
//
// Lines of "git diff" that begin with "diff --git" or "index" may stand ahead of a file's.
//
// A diff has little context, one line or two, since the sources move. The context must be there exactly, and at one place only
// (line numbers decide if there are several): otherwise the diff does not apply, and a test fails.
// "go test ./scenarios/mutants -update" moves diffs whose context changed to where the lines that they take out are.
package mutants
