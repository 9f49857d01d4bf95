package etcdraft

import (
	"encoding/binary"

	"simrun/node"
)

// read is a client's read that waits for the library to confirm that the leader leads, and for the state to be that recent.
type read struct {
	id        uint64
	client    node.Client
	seq       uint64
	command   []byte
	index     uint64
	confirmed bool
}

// maxReads bounds how many wait: the library drops reads without a word when it knows no leader or messages are lost, and clients ask again.
const maxReads = 256

// ask passes a read on to the library. What names it there is used once: by this replica and, with a random part, by this incarnation.
func (n *Node) ask(from node.Client, r *node.Request) {
	if len(n.reads) == maxReads {
		n.reads = append(n.reads[:0], n.reads[1:]...)
	}
	n.asked++
	n.reads = append(n.reads, read{id: n.asked, client: from, seq: r.Seq, command: r.Command})
	name := binary.BigEndian.AppendUint64(nil, n.config.ID)
	name = binary.BigEndian.AppendUint64(name, n.incarnation)
	n.rn.ReadIndex(binary.BigEndian.AppendUint64(name, n.asked))
}

// confirm notes through which index the state must be, for the read of that name.
func (n *Node) confirm(name []byte, index uint64) {
	if len(name) != 24 || binary.BigEndian.Uint64(name[8:]) != n.incarnation {
		return // a late answer to an earlier incarnation
	}
	id := binary.BigEndian.Uint64(name[16:])
	for i := range n.reads {
		if n.reads[i].id == id {
			n.reads[i].index, n.reads[i].confirmed = index, true
		}
	}
}

// serve answers the reads that have waited long enough.
func (n *Node) serve(env Env) {
	kept := n.reads[:0]
	for _, r := range n.reads {
		if !r.confirmed || r.index > n.applied {
			kept = append(kept, r)
			continue
		}
		output, ok := n.machine.Query(r.command, nil)
		if !ok {
			env.Reply(r.client, node.Reply{Seq: r.seq, Status: node.Refused})
			continue
		}
		env.Reply(r.client, node.Reply{Seq: r.seq, Status: node.OK, Output: output})
	}
	clear(n.reads[len(kept):])
	n.reads = kept
}
