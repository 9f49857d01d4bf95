// Package sim is the kernel of the simulation: virtual time, the queue of events to come, named random streams (in
// package stream), hosts with their clocks, timers and disks, the trace of a run and its hash.
//
// Everything happens in one goroutine. [Kernel.Run] is the main loop: take the earliest event, set the clock to its
// time, fold it into the hash, hand it to the handler registered for its kind. Handlers schedule further events. A [Host]
// is one machine: it runs a replica ([node.Node]), is the [node.Env] which that replica sees, and does after every handler what a
// machine would: deliver what the replica sent to itself, start a group commit if it wrote.
//
// Nothing here reads a wall clock, a global source of randomness or an unordered map; the same build and seed give the
// same events everywhere. What a run occupies is kept for the next one.
package sim
