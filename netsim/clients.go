package netsim

import (
	"fmt"

	"simrun/node"
	"simrun/sim"
)

// SendRequest carries a client's request to a replica. r.Command must not change until the end of the run.
func (n *Net[M, PM]) SendRequest(from node.Client, to node.ID, r node.Request) {
	f := n.fate(from.Addr(), to.Addr(), requestKind, r.Seq)
	if n.kernel.Tracing() {
		n.tell(f, from.Addr(), to.Addr(), requestText{r})
	}
	if f.lost || int(to) >= n.width {
		return
	}
	at := n.kernel.Now() + f.delay
	number := n.number(f)
	n.putRequest(at, from, to, number, r)
	if f.copied {
		n.putRequest(at+f.copyDelay, from, to, number+1, r)
	}
}

func (n *Net[M, PM]) putRequest(at int64, from node.Client, to node.ID, number uint64, r node.Request) {
	p, handle := n.requests.Put()
	p.r, p.from, p.number = r, from, number
	n.kernel.Schedule(at, sim.RequestArrives, to, uint64(handle), uint64(from), r.Seq)
}

func (n *Net[M, PM]) requestArrives(e *sim.Event) {
	p := n.requests.At(uint32(e.A))
	var text fmt.Stringer
	if n.kernel.Tracing() {
		text = requestText{p.r}
	}
	if n.arrives(e.Host, p.from.Addr(), p.number, text) {
		n.ends.Request(e.Host, p.from, &p.r)
	}
	n.requests.Free(uint32(e.A))
}

// Reply carries a replica's reply to a client. r.Output is copied.
func (n *Net[M, PM]) Reply(from node.ID, to node.Client, r node.Reply) {
	f := n.fate(from.Addr(), to.Addr(), replyKind|uint64(r.Status), r.Seq)
	if n.kernel.Tracing() {
		n.tell(f, from.Addr(), to.Addr(), replyText{r})
	}
	if f.lost {
		return
	}
	r.Output = n.bytes.Copy(r.Output)
	at := n.kernel.Now() + f.delay
	number := n.number(f)
	n.putReply(at, from, to, number, r)
	if f.copied {
		n.putReply(at+f.copyDelay, from, to, number+1, r)
	}
}

func (n *Net[M, PM]) putReply(at int64, from node.ID, to node.Client, number uint64, r node.Reply) {
	p, handle := n.replies.Put()
	p.r, p.from, p.to, p.number = r, from, to, number
	n.kernel.Schedule(at, sim.ReplyArrives, 0, uint64(handle), uint64(to)<<16|uint64(from), r.Seq)
}

func (n *Net[M, PM]) replyArrives(e *sim.Event) {
	p := n.replies.At(uint32(e.A))
	n.counts.Arrived++
	if n.kernel.Tracing() {
		r := sim.Record{Kind: sim.Arrived, Who: p.to.Addr(), Peer: p.from.Addr(), Message: p.number}
		label(&r, replyText{p.r})
		n.kernel.Emit(r)
	}
	n.ends.Reply(p.to, p.from, &p.r)
	n.replies.Free(uint32(e.A))
}

// requestText and replyText put client traffic in words, when words are wanted.
type requestText struct{ r node.Request }

func (t requestText) String() string { return fmt.Sprintf("Request #%d", t.r.Seq) }

type replyText struct{ r node.Reply }

// About returns the slot that the reply names.
func (t replyText) About() (slot uint64, ballot node.Ballot, value uint64) { return t.r.Slot, 0, 0 }

func (t replyText) String() string {
	s := fmt.Sprintf("Reply #%d %v", t.r.Seq, t.r.Status)
	if t.r.Status == node.OK && t.r.Slot > 0 {
		s += fmt.Sprintf(" slot %d", t.r.Slot)
	}
	if t.r.Status == node.Redirect && t.r.Leader > 0 {
		s += " to " + t.r.Leader.Addr().String()
	}
	return s
}
