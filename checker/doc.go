// Package checker decides whether a run was right. It takes data and never live replicas, and has two parts:
//
//   - What clients saw. A [History] of operations is held against a sequential [Model]: is it linearizable
//     (Herlihy and Wing, 1990)?
//   - What replicas did. A [Watch] is told facts (package fact) as the run goes, and holds them against the invariants of the
//     protocol, each in a file of its own.
//
// Order among operations is that of event numbers, never of time: intervals are closed, and a stale read at a tie would
// be accepted.
//
// # Layers
//
// [Checker.Check] goes through layers, the cheapest first, until one decides:
//
//  1. Validation (validate.go). What is no history is never passed. All else relies on calls being in order and events being distinct.
//  2. The order of the log (certificate.go). It is run, not believed: the order is the proof, so accepting is sound whatever the log
//     says. Linear but for a radix sort.
//  3. The order of the writes in the log (writeorder.go), for registers whose reads have no place in it. The reads are placed by what they
//     returned; what comes of it is an order again, and a proof.
//  4. Unique values (unique.go), for registers, without a log. Exact both ways: what it looks at are all the ways to be wrong.
//  5. Search (search.go), for any model. An order found is a proof. That there is none is concluded from having tried all on the history as
//     it is, or else, when the budget is at its end, the answer is [NotDecided]. The log only says what to try first.
//
// If the log were wrong, nothing but speed would be lost: layers 2 and 3 would refuse, and 4 and 5 take no answer from it. That it was wrong is
// then a finding of its own, [LogDisagrees], if the hints were enough to tell. They are not where a completed write has no place (a read may
// lack one), or where an operation of unknown outcome has none and could be what made the difference.
//
// Layers decide each key by itself, if the model goes by key: a history is linearizable if it is so on every key (Herlihy and Wing).
//
// Nowhere is a completed operation left out or given another output, an interval made longer, an output taken from the log, or an
// operation of unknown outcome taken to have had no effect, but where it is proved that this loses nothing.
//
// # The oracle
//
// Porcupine (oracle.go) shares no code with the layers. It is asked about every witness, every log that disagrees, and all histories of a
// sample of runs. Its steps are bounded, and it never decides. If it contradicts a layer, the answer is [CheckersDisagree].
//
// # What is not decided
//
// An operation of unknown outcome may have happened at any time since, so each one that could matter doubles what the search must try. (What the model can tell of them from the rest of the
// history is settled first: see Settle of [Model].) Histories of registers with unique values, and
// those with a log, are decided however many there are. Without either, one that is linearizable is most often decided at once, since the first orders tried are likely ones; one that
// is not, and has more than some twenty such operations on one key that each change what is seen, most often ends as [NotDecided].
//
// # Witnesses
//
// What is not linearizable is shown by a few operations that are impossible by themselves (witness.go). They are found by taking away what cannot
// make a good history bad, so they prove the whole to be bad; always the same ones for the same history. What that is depends on the model: see Less of [Model]. Some
// operations stand in a witness for less than they said.
package checker
