// Package caspaxos is a store of rows without a log: every key is a Paxos register of its own, whose value is read, changed and written back in two
// phases. It follows Rystsov, "CASPaxos: Replicated State Machines without logs" (2018), and is what lightweight transactions of Cassandra are
// made of: INSERT ... IF NOT EXISTS, UPDATE ... IF v = x, and a serial read. A condition that fails returns the row.
//
// The parts of a [Replica], each in a file of its own:
//
//   - proposer.go serves clients. In phase 1 it has a quorum of acceptors promise a ballot for the key, and learns the latest row that any of them accepted;
//     it applies the client's command to it; and in phase 2 it has a quorum accept the row that came out. A read is the command that changes nothing,
//     and writes back what it found: whoever has read a row has made it chosen. Preempted, it begins again with a higher ballot.
//   - acceptor.go is the memory: for each key what was promised, and what was accepted. All of it is on disk before anybody is told.
//   - row.go is what a register holds: the value, and for each client the last command of its that was applied with its result. An attempt that was preempted may have
//     taken effect all the same, and requests come twice: the next attempt finds that in the row, and a command is applied once.
//   - membership.go: who the acceptors are, separately for both phases, so that it can be changed while proposers go on (section 2.3 of the paper).
//
// message.go holds the messages, record.go what is on disk, replica.go puts it together.
package caspaxos
