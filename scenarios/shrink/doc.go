// Package shrink reduces a failing run to a small one that fails in the same way, and tells at which event a failure became
// inevitable.
//
// Shrinking is a search for a cheaper input with the same fingerprint. [Size] says what is cheaper (size.go): first fewer faults, then fewer
// operations, replicas and clients, then calmer weather and knobs, then narrower, shorter and rounder faults. Passes (shrink.go, steps.go) take the
// best input so far and propose changes to it, in a fixed order:
//
//   - lists are reduced by delta debugging (lists.go): halves first, then quarters, down to single elements;
//   - numbers go to their calm value, or half of the way, or to a rounder number (numbers.go);
//   - operations are written down with their times, so that each stands for itself (script.go);
//   - a fault is replaced by the few messages that it must strike (convert.go).
//
// A proposal is accepted if it costs less, fails with the same fingerprint, and does so twice with one trace hash. When a round of all passes
// accepts nothing, no single step is left: the case is 1-minimal. Then structural steps are tried with other seeds (seeds.go), and after that the
// script; if one succeeds, all begins anew. A case that is still large in the end is shrunk once more in another order. A proposal whose run takes more than twice the events of the best, and some more, counts as one that does not
// fail: it would tell no smaller story.
//
// What came out of it is made firm (firm.go): of cases with as many faults, operations, replicas and clients, the one is sought that fails still in most runs in which times are
// a little different, since timeouts and delays change with the sources. Its numbers may be larger than those of the 1-minimal case.
//
// Proposals run in parallel (pool.go), and of those that fail the first in order is taken, so the result does not depend on the number of workers.
//
// [Explain] runs many futures, each with other randomness, from points along a failing run (futures.go).
package shrink
