// Package checker decides whether a run was right. It takes data and never live replicas, and has two parts:
//
//   - What clients saw. A [History] of operations is held against a sequential [Model]: is it linearizable
//     (Herlihy and Wing, 1990)? A certificate decides most histories in one pass (certificate.go); porcupine decides the rest.
//   - What replicas did. A [Watch] is told facts (package fact) as the run goes, and holds them against the invariants of the
//     protocol, each in a file of its own.
//
// Order among operations is that of event numbers, never of time: intervals are closed, and a stale read at a tie would
// be accepted.
package checker
