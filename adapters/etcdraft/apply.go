package etcdraft

import (
	"encoding/binary"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"simrun/node"
	"simrun/node/fact"
)

// command is what an entry holds: a request, and who asked.
type command struct {
	client  node.Client
	op      node.Op
	session uint64
	seq     uint64
	bytes   []byte
}

func appendCommand(dst []byte, from node.Client, r *node.Request) []byte {
	dst = append(binary.AppendUvarint(dst, uint64(from)), byte(r.Op))
	return append(binary.AppendUvarint(binary.AppendUvarint(dst, r.Session), r.Seq), r.Command...)
}

func decodeCommand(b []byte) (c command, ok bool) {
	in := reader{rest: b}
	c.client = node.Client(in.uvarint())
	if len(in.rest) == 0 {
		return c, false
	}
	c.op, in.rest = node.Op(in.rest[0]), in.rest[1:]
	c.session, c.seq = in.uvarint(), in.uvarint()
	c.bytes = in.rest
	return c, !in.bad
}

// apply brings the committed entry into the state, and answers who asked if this replica leads.
func (n *Node) apply(env Env, e *pb.Entry) {
	n.applied = e.Index
	switch {
	case e.Type == pb.EntryConfChangeV2:
		var c pb.ConfChangeV2
		if c.Unmarshal(e.Data) != nil {
			panic("etcdraft: a membership change that was committed cannot be read")
		}
		n.conf = *n.rn.ApplyConfChange(c)
		n.changes++
	case len(e.Data) > 0:
		if c, ok := decodeCommand(e.Data); ok {
			n.execute(env, &c)
		}
	}
	env.Observe(fact.Fact{Kind: fact.Applied, Slot: e.Index, Ballot: e.Term, Value: fact.Digest(e.Data), State: n.digest()})
}

// execute brings a client's command into the state, once.
func (n *Node) execute(env Env, c *command) {
	reply := node.Reply{Seq: c.seq, Status: node.OK, Slot: n.applied}
	switch s := n.sessions.find(c.session); {
	case c.op == node.Read:
		reply.Output, _ = n.machine.Query(c.bytes, nil)
	case c.op == node.Register:
		n.sessions.open(n.applied, n.config.MaxSessions)
		reply.Session = n.applied
	case s == nil:
		reply.Status = node.Expired
	case c.seq < s.seq:
		return // its client knows better by now
	case c.seq > s.seq:
		s.seq, s.used = c.seq, n.applied
		s.output = n.machine.Apply(c.bytes, nil)
		n.sessions.note(s)
		env.Observe(fact.Fact{Kind: fact.Executed, Slot: n.applied, Client: uint32(c.client), Seq: c.seq, Value: fact.Digest(c.bytes)})
		reply.Output = s.output
	default:
		reply.Output, reply.Slot = s.output, s.used
	}
	if n.state == raft.StateLeader {
		env.Reply(c.client, reply)
	}
}

// digest identifies the state: the machine's and the sessions'.
func (n *Node) digest() [2]uint64 {
	d := n.machine.Digest()
	return [2]uint64{d[0] + n.sessions.digest, d[1] + n.changes}
}

// appendImage appends the state for a snapshot: number of membership changes, sessions, machine.
func (n *Node) appendImage(dst []byte) []byte {
	dst = n.sessions.appendTo(binary.AppendUvarint(dst, n.changes))
	return n.machine.Snapshot(dst)
}

// restore takes a snapshot for the state. It returns false if that makes no sense.
func (n *Node) restore(s pb.Snapshot) bool {
	in := reader{rest: s.Data}
	n.changes = in.uvarint()
	n.sessions = readSessions(&in)
	if in.bad || n.machine.Restore(in.rest) != nil {
		return false
	}
	n.applied, n.snapshot, n.conf = s.Metadata.Index, s.Metadata.Index, s.Metadata.ConfState
	return true
}
