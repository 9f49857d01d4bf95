// Package sharded is a store whose keys are spread over several Multi-Paxos groups, with transactions on any of them by two-phase commit
// between the groups, in the manner of Spanner (Corbett et al., "Spanner: Google's Globally-Distributed Database", OSDI 2012; Gray and Lamport,
// "Consensus on Transaction Commit", 2006, on why each party is a replicated one).
//
// Two-phase commit blocks when its coordinator is gone. Here no party is ever gone: coordinator and participants are groups, and all that they
// must remember is a command in a group's log. A leader that crashes loses the votes that it has counted and nothing else, and the next one asks for
// them again:
//
//	client -- Request --> the leader of the coordinator: the group of the lowest key
//	    coordinator.go    log: begin    records the transaction, and locks the group's own keys
//	    Prepare  -------> the leaders of the other groups
//	    participant.go    log: prepare  locks keys, reads, and keeps what is to be written; or refuses, if a key is locked
//	    Vote  <----------
//	    coordinator.go    log: decide   commits, if all have voted for it, and writes; or aborts
//	client <-- Reply ---- at the moment in which the decision is chosen, and not before
//	    Finish  --------> the other groups
//	    participant.go    log: finish   writes, and gives the locks back
//	    Ack  <-----------
//	    coordinator.go    log: forget
//
// A transaction on one group alone is done by its begin. Locks are those of strict two-phase locking, shared for reads: all locks of a transaction are held at the
// moment of its decision, which is therefore the one moment at which it happens. Nobody waits for a lock (no-wait): who meets one is aborted, and begins anew a
// random pause later, so there are no deadlocks.
//
// Every step may be repeated or come late. Each try of a transaction has a number, and each group remembers the last try that ended for each
// client, who has one transaction open at a time: what is older is stale.
package sharded
