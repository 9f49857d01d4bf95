package netsim

import (
	"encoding/binary"
	"fmt"

	"simrun/node"
	"simrun/sim"
)

// SendRequest carries a client's request to a replica. r is copied; r.Command must not change until the end of the run.
func (n *Net[M, PM]) SendRequest(from node.Client, to node.ID, r *node.Request) {
	var f fate
	epoch := n.clientFate(&f, from.Addr(), to.Addr(), requestKind, r.Seq, len(r.Command))
	if n.kernel.Tracing() {
		n.tell(&f, from.Addr(), to.Addr(), requestText{*r})
	}
	if f.cause != through || int(to) >= n.links.width {
		return
	}
	n.putRequest(&f, f.delay, f.damage, epoch, f.number, from, to, r)
	copies := f.number
	if f.copyDelay > 0 {
		copies++
		n.putRequest(&f, f.delay+f.copyDelay, 0, epoch, copies, from, to, r)
	}
	if f.againDelay > 0 {
		copies++
		n.putRequest(&f, f.delay+f.againDelay, 0, epoch, copies, from, to, r)
	}
}

// clientHead is what a request or reply has on the wire besides its command or output, in bytes: the head of its frame, what
// it is, and its number.
const clientHead = frameHead + 9

func (n *Net[M, PM]) putRequest(f *fate, delay int64, harm uint64, epoch uint32, number uint64, from node.Client, to node.ID, r *node.Request) {
	handle := n.requests.Put()
	p := n.requests.At(handle)
	p.r, p.from, p.epoch, p.number, p.encoded = *r, from, epoch, number, nil
	if harm != 0 {
		p.encoded = n.clientFrame(harm, byte(r.Op), r.Seq, r.Command)
	}
	n.dispatch(f, delay, from.Addr(), to.Addr(), sim.RequestArrives, to, uint64(handle), uint64(from), r.Seq)
}

// clientFate decides what becomes of a request or reply, with that many bytes of command or output. f must be empty. It returns the epoch of the connection.
func (t *traffic) clientFate(f *fate, from, to node.Addr, kind, seq uint64, body int) (epoch uint32) {
	lot := t.draw(from, to, kind, seq)
	if t.calm {
		t.numbered++
		f.delay, f.number = t.latency(lot), t.numbered
		return 0
	}
	if int(from.ID()) >= t.links.width || int(to.ID()) >= t.links.width { // the replica does not exist
		t.nowhere.removals = 0 // it is for another link each time
		t.foresee(&t.nowhere, from, to)
		t.over = &t.nowhere
		t.decide(f, kind, lot)
	} else {
		link, c := t.links.at(from, to)
		t.over = t.forecast(link, from, to)
		t.decide(f, kind, lot)
		if f.bandwidth > 0 || t.config.Link == FIFO {
			epoch = t.cross(f, link, c, clientHead+uint64(body))
		}
	}
	t.settle(f, lot)
	return epoch
}

// clientFrame returns the damaged frame of a request or reply.
func (n *Net[M, PM]) clientFrame(harm uint64, what byte, seq uint64, body []byte) []byte {
	b := append(openFrame(n.scratch[:0]), what)
	b = append(binary.BigEndian.AppendUint64(b, seq), body...)
	closeFrame(b)
	n.scratch = b
	return damage(n.bytes.Copy(b), harm)
}

func (n *Net[M, PM]) requestArrives(e *sim.Event) {
	p := n.requests.At(uint32(e.A))
	_, lost := n.open(p.encoded, p.epoch, p.from.Addr(), e.Host.Addr())
	if n.kernel.Tracing() {
		if lost != "" {
			n.tellLost(p.from.Addr(), e.Host.Addr(), p.number, requestText{p.r}, lost)
		} else {
			n.tellArrival(e.Host, p.from.Addr(), p.number, requestText{p.r})
		}
	}
	if lost == "" {
		n.arrived(n.ends.Request(e.Host, p.from, &p.r))
	}
	n.requests.Free(uint32(e.A))
}

// Reply carries a replica's reply to a client. r.Output is copied.
func (n *Net[M, PM]) Reply(from node.ID, to node.Client, r node.Reply) {
	var f fate
	epoch := n.clientFate(&f, from.Addr(), to.Addr(), replyKind|uint64(r.Status), r.Seq, len(r.Output))
	if n.kernel.Tracing() {
		n.tell(&f, from.Addr(), to.Addr(), replyText{r})
	}
	if f.cause != through {
		return
	}
	r.Output = n.bytes.Copy(r.Output)
	n.putReply(&f, f.delay, f.damage, epoch, f.number, from, to, &r)
	copies := f.number
	if f.copyDelay > 0 {
		copies++
		n.putReply(&f, f.delay+f.copyDelay, 0, epoch, copies, from, to, &r)
	}
	if f.againDelay > 0 {
		copies++
		n.putReply(&f, f.delay+f.againDelay, 0, epoch, copies, from, to, &r)
	}
}

func (n *Net[M, PM]) putReply(f *fate, delay int64, harm uint64, epoch uint32, number uint64, from node.ID, to node.Client, r *node.Reply) {
	handle := n.replies.Put()
	p := n.replies.At(handle)
	p.r, p.from, p.to, p.epoch, p.number, p.encoded = *r, from, to, epoch, number, nil
	if harm != 0 {
		p.encoded = n.clientFrame(harm, byte(r.Status), r.Seq, r.Output)
	}
	n.dispatch(f, delay, from.Addr(), to.Addr(), sim.ReplyArrives, 0, uint64(handle), uint64(to)<<16|uint64(from), r.Seq)
}

func (n *Net[M, PM]) replyArrives(e *sim.Event) {
	p := n.replies.At(uint32(e.A))
	_, lost := n.open(p.encoded, p.epoch, p.from.Addr(), p.to.Addr())
	if lost != "" && n.kernel.Tracing() {
		n.tellLost(p.from.Addr(), p.to.Addr(), p.number, replyText{p.r}, lost)
	}
	if lost == "" {
		n.counts.Arrived++
		if n.kernel.Tracing() {
			r := sim.Record{Kind: sim.Arrived, Who: p.to.Addr(), Peer: p.from.Addr(), Message: p.number}
			label(&r, replyText{p.r})
			n.kernel.Emit(r)
		}
		n.ends.Reply(p.to, p.from, &p.r)
	}
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
