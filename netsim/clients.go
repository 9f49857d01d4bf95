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
	n.putRequest(at, from, to, r)
	if f.copied {
		n.putRequest(at+f.copyDelay, from, to, r)
	}
}

func (n *Net[M, PM]) putRequest(at int64, from node.Client, to node.ID, r node.Request) {
	p, handle := n.requests.Put()
	p.r, p.from = r, from
	n.kernel.Schedule(at, sim.RequestArrives, to, uint64(handle), uint64(from), r.Seq)
}

func (n *Net[M, PM]) requestArrives(e *sim.Event) {
	p := n.requests.At(uint32(e.A))
	var text fmt.Stringer
	if n.kernel.Tracing() {
		text = requestText{p.r}
	}
	if n.arrives(e.Host, p.from.Addr(), text) {
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
	n.putReply(at, from, to, r)
	if f.copied {
		n.putReply(at+f.copyDelay, from, to, r)
	}
}

func (n *Net[M, PM]) putReply(at int64, from node.ID, to node.Client, r node.Reply) {
	p, handle := n.replies.Put()
	p.r, p.from, p.to = r, from, to
	n.kernel.Schedule(at, sim.ReplyArrives, 0, uint64(handle), uint64(to)<<16|uint64(from), r.Seq)
}

func (n *Net[M, PM]) replyArrives(e *sim.Event) {
	p := n.replies.At(uint32(e.A))
	n.counts.Arrived++
	if n.kernel.Tracing() {
		n.kernel.Emit(sim.Record{Kind: sim.Arrived, Who: p.to.Addr(), Peer: p.from.Addr(), Text: replyText{p.r}.String()})
	}
	n.ends.Reply(p.to, p.from, &p.r)
	n.replies.Free(uint32(e.A))
}

// requestText and replyText put client traffic in words, when words are wanted.
type requestText struct{ r node.Request }

func (t requestText) String() string { return fmt.Sprintf("Request #%d", t.r.Seq) }

type replyText struct{ r node.Reply }

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
