// Package paxos is single-decree Paxos: a set of replicas chooses one value, once, and never another.
//
// It follows Lamport, "Paxos Made Simple" (2001), sections 2.2 and 2.3, and is meant to be read next to it. Every
// [Replica] plays all three roles, each in a file of its own:
//
//   - proposer.go gets a value from a client, and tries to have it chosen in two phases. In phase 1 it asks all
//     acceptors to promise to ignore lower ballots. Once a phase-1 quorum has promised, it asks them in phase 2 to
//     accept a value: of those reported in the promises the one with the highest ballot, its own only if there was none.
//   - acceptor.go promises and accepts. It is the memory of the algorithm: what it promised and accepted is on disk
//     before anybody is told.
//   - learner.go finds out what was chosen, and answers the clients.
//
// message.go holds the messages, record.go what is written to disk, replica.go puts the roles together. Quorums need
// not be majorities, as long as each of phase 1 meets each of phase 2 (Howard, Malkhi and Spiegelman, "Flexible Paxos").
package paxos
