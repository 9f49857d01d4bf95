package etcdraft

import (
	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
)

// makeChange lets a leader change who votes, or hand over, as an operator would: nobody asks for it, so that the group stays one of the same
// replicas. One replica at most is a learner; with one there, it is promoted, or changes places with another in one step (joint consensus).
func (n *Node) makeChange(env Env) {
	if n.state != raft.StateLeader || n.changes >= n.config.MaxChanges {
		return
	}
	other := n.other(env)
	if env.Rand()%4 == 0 {
		n.rn.TransferLeader(other)
		return
	}
	var c pb.ConfChangeV2
	demote := pb.ConfChangeSingle{Type: pb.ConfChangeAddLearnerNode, NodeID: other}
	if len(n.conf.Learners) == 0 {
		c.Changes = []pb.ConfChangeSingle{demote}
	} else {
		c.Changes = []pb.ConfChangeSingle{{Type: pb.ConfChangeAddNode, NodeID: n.conf.Learners[0]}}
		if other != n.conf.Learners[0] && env.Rand()%2 == 0 {
			c.Changes = append(c.Changes, demote)
		}
	}
	_ = n.rn.ProposeConfChange(c)
}

// other draws another replica.
func (n *Node) other(env Env) uint64 {
	return (n.config.ID+env.Rand()%uint64(n.config.Nodes-1))%uint64(n.config.Nodes) + 1
}
