package multipaxos

import (
	"simrun/node"
	"simrun/node/fact"
)

// read is a client's read that waits for a round of heartbeats: one that was begun after the read came.
type read struct {
	client  node.Client
	seq     uint64
	command []byte // immutable
	round   uint64
}

// reads are those that wait, in order of their rounds.
type reads struct{ queue[read] }

func (q *reads) handBack(env Env, r *Replica) {
	for q.len() > 0 {
		x := q.pop()
		reached(env, PointReadsBack)
		r.redirect(env, x.client, x.seq)
	}
}

// onRead answers a read, now or after a round. Everything acknowledged before it came is applied here if this replica still
// leads, and the round will tell whether it does.
func (r *Replica) onRead(env Env, from node.Client, q *node.Request) {
	if r.config.Reads == ReadLease && r.leased(env) {
		r.observeLease(env)
		r.answerRead(env, from, q.Seq, q.Command)
		return
	}
	round := r.round + 1
	if r.reads.len() == 0 { // otherwise a round is under way, and the next begins when it is answered or at the next heartbeat
		r.beginRound(env)
		round = r.round
	}
	r.reads.push(read{client: from, seq: q.Seq, command: q.Command, round: round})
	r.metrics.QueueMax = max(r.metrics.QueueMax, r.queue.len()+r.reads.len())
	r.serveReads(env)
}

// serveReads answers the reads whose round was answered by a quorum.
func (r *Replica) serveReads(env Env) {
	for r.reads.len() > 0 && r.reads.first().round <= r.confirmed {
		x := r.reads.pop()
		reached(env, PointReadRound)
		r.answerRead(env, x.client, x.seq, x.command)
	}
	if r.reads.len() > 0 && r.reads.first().round > r.round {
		r.beginRound(env)
	}
}

func (r *Replica) answerRead(env Env, to node.Client, seq uint64, command []byte) {
	output, ok := r.machine.Query(command, r.scratch[:0])
	r.scratch = output[:0]
	if !ok {
		env.Reply(to, node.Reply{Seq: seq, Status: node.Refused})
		return
	}
	env.Observe(fact.Fact{Kind: fact.Served, Slot: r.applied, Client: uint32(to), Seq: seq})
	env.Reply(to, node.Reply{Seq: seq, Status: node.OK, Output: output})
}
