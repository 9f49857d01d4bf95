package etcdraft

import (
	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/wal"
)

// recover rebuilds the library's storage and the state machine from the disk. It returns false if the replica must take no part.
func (n *Node) recover(env Env) bool {
	n.store = raft.NewMemoryStorage()
	sound, written := true, false
	log, _, err := wal.Open(env, File, func(w wal.Record) {
		s, ok := decodeRecord(w)
		if !ok || !sound || !n.replay(s) {
			sound = false
			return
		}
		written = true
	})
	n.log = log
	if err != nil || !sound {
		env.Logf("log is damaged, and the library cannot repair it: falls silent")
		return false
	}
	if !written {
		n.found(env)
	}
	env.Observe(fact.Fact{Kind: fact.Snapshot, Slot: n.applied, State: n.digest()})
	return true
}

// replay takes one record back into memory. It returns false if that makes no sense.
func (n *Node) replay(s saved) bool {
	if s.snapshot.Metadata.Index > 0 {
		if n.store.ApplySnapshot(s.snapshot) != nil || !n.restore(s.snapshot) {
			return false
		}
	}
	if last, _ := n.store.LastIndex(); len(s.entries) > 0 && s.entries[0].Index > last+1 {
		return false
	}
	_ = n.store.Append(s.entries) // it never fails
	n.hard = s.hard
	_ = n.store.SetHardState(n.hard)
	return true
}

// found writes the first log: a snapshot of the empty state, which holds the founding members.
func (n *Node) found(env Env) {
	s := pb.Snapshot{Data: n.appendImage(nil), Metadata: pb.SnapshotMetadata{Index: 1, Term: 1}}
	for id := range n.config.Nodes {
		s.Metadata.ConfState.Voters = append(s.Metadata.ConfState.Voters, uint64(id)+1)
	}
	n.replay(saved{snapshot: s, hard: pb.HardState{Term: 1, Commit: 1}})
	n.rewrite(env, &s)
}

// persist does what MsgStorageAppend asks: it writes, and sends the responses when that is durable.
func (n *Node) persist(env Env, m *pb.Message) {
	if m.Term != 0 {
		n.hard = pb.HardState{Term: m.Term, Vote: m.Vote, Commit: m.Commit}
	}
	if s := m.Snapshot; s != nil {
		n.install(env, s)
	}
	if m.Term != 0 || len(m.Entries) > 0 {
		_ = n.store.Append(m.Entries)
		_ = n.store.SetHardState(n.hard)
		n.scratch = appendSave(n.scratch[:0], &n.hard, m.Entries)
		n.append(env, recordSave)
	}
	for i := range m.Responses {
		r := &m.Responses[i]
		env.SendDurable(node.ID(r.To), encode(r))
	}
}

// install puts a leader's snapshot in the place of log and state.
func (n *Node) install(env Env, s *pb.Snapshot) {
	if n.store.ApplySnapshot(*s) != nil || !n.restore(*s) {
		panic("etcdraft: a snapshot that was accepted cannot be restored")
	}
	n.rewrite(env, s)
	env.Observe(fact.Fact{Kind: fact.Snapshot, Slot: n.applied, State: n.digest()})
}

// append adds the record in scratch, and makes sure that the log gets to know when it is durable: later records say so, by which corruption
// is told from a torn tail.
func (n *Node) append(env Env, kind uint8) {
	seq := n.log.Append(env, kind, n.scratch)
	if !n.syncing {
		n.syncing = true
		env.SendDurable(env.Self(), Message{Kind: synced, Index: seq})
	}
}

// rewrite puts the snapshot and what the log holds behind it in the place of the log, in one step.
func (n *Node) rewrite(env Env, s *pb.Snapshot) {
	hard := n.hard
	hard.Commit = max(hard.Commit, s.Metadata.Index)
	n.log.Rewriting()
	n.scratch = appendSnapshot(n.scratch[:0], &hard, s)
	n.log.Add(recordSnapshot, n.scratch)
	first, _ := n.store.FirstIndex()
	last, _ := n.store.LastIndex()
	if from := max(first, s.Metadata.Index+1); from <= last {
		entries, err := n.store.Entries(from, last+1, 1<<62)
		if err != nil {
			panic("etcdraft: the storage lacks entries that it says it has: " + err.Error())
		}
		n.scratch = appendSave(n.scratch[:0], &hard, entries)
		n.log.Add(recordSave, n.scratch)
	}
	n.log.Replace(env)
}

// checkpoint takes a snapshot now and then, and drops what is behind it from the log. Entries retained in memory help peers that are a little behind.
func (n *Node) checkpoint(env Env) {
	every := n.config.CheckpointEvery
	if every == 0 || n.applied < n.snapshot+every {
		return
	}
	s, err := n.store.CreateSnapshot(n.applied, &n.conf, n.appendImage(nil))
	if err != nil {
		return // a newer one has just come from the leader
	}
	n.snapshot = n.applied
	if first, _ := n.store.FirstIndex(); n.applied > n.config.Retain && n.applied-n.config.Retain >= first {
		_ = n.store.Compact(n.applied - n.config.Retain)
	}
	n.rewrite(env, &s)
}
