// Package etcdraft runs go.etcd.io/raft/v3, unmodified, as a node.Node: a replicated key-value store with sessions, snapshots and reads by
// index, for simrun's faults and checks.
//
// Raft is a library without clock, disk and network. What an application must do with it is this package, and it is where users of the
// library go wrong:
//
//	handler:  rn.Step, Tick, Campaign, Propose ...          node.go
//	          for rn.HasReady() { rd := rn.Ready()
//	              messages to peers      -> Env.Send
//	              MsgStorageAppend       -> one record on the log, then its responses by Env.SendDurable    storage.go
//	              MsgStorageApply        -> the state machine, then its responses at once                   apply.go
//	          }
//
// Raft runs with AsyncStorageWrites. What it calls a response of the append thread (its votes, its acknowledgements, the news that its own entries are stable)
// must not be seen by anybody, the node itself included, before the writes are durable: that is SendDurable, word for word.
//
// Election timeouts of the library come from crypto/rand, also those of RawNode.Tick. So leaders Tick, which draws nothing, and the others
// TickQuiesced, which counts time for the leader's lease (CheckQuorum) and never stands for election; a timer of this package with a seeded span calls
// Campaign. Messages are always encoded when they are sent, since those of the library share memory with its log.
//
// The library repairs no disk: a replica whose log is damaged falls silent.
package etcdraft
