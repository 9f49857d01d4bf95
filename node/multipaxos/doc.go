// Package multipaxos is a replicated log by Multi-Paxos (Lamport, "Paxos Made Simple", section 3; Chandra, Griesemer
// and Redstone, "Paxos Made Live") that feeds a deterministic state machine, exactly once for each client's command.
//
// Every replica is acceptor, learner and, at times, proposer, each in a file of its own:
//
//	client -- Request --> queue.go   commands wait for room in the window
//	                      leader.go  a batch of them is proposed for the next slot: Accept(b, slot, value)
//	                      acceptor.go votes, one record on disk, then Accepted(b, slot)
//	                      leader.go  counts votes; a phase-2 quorum makes the slot chosen
//	                      learner.go applies slots in order; sessions.go drops what was executed before
//	client <-- Reply ---- learner.go
//
// A stable leader sends one Accept to every other replica and gets one Accepted from each: one round trip a slot. How
// far the log is chosen (the commit index) travels in the next Accept or heartbeat, and in a Learn when the leader
// has nothing in flight. A replica that hears of a chosen slot whose value it does not hold asks for it (catchup.go).
//
// A replica that hears nothing of a leader stands for election (election.go): it runs phase 1 once for all slots from
// the first that it does not know to be chosen, takes over what the promises report, fills holes with no-ops, and
// goes on with new slots.
//
// The write-ahead log (record.go) holds promises, votes, and values learned from others. Every so many slots it is
// replaced by a checkpoint and the log's tail (checkpoint.go), so it and the memory stay bounded.
package multipaxos
