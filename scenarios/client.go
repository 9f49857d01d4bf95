package scenarios

import (
	"fmt"
	"slices"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/sim"
	"simrun/sim/stream"
)

// client is one client of a run: it has one operation open at a time, sends it to one replica after another until it is
// answered or its patience is over, thinks for a while, and goes on. After an operation whose outcome it never learnt it
// goes on as a new process of the history, since the old one might still be at work.
type client struct {
	id      node.Client
	process uint32 // in the history
	random  stream.Stream
	session uint64 // 0: none yet
	wake    uint64 // number of the wake-up that counts; others are stale
	seq     uint64
	target  node.ID
	asked   node.ID // the last replica that the open operation went to; 0: none yet
	hops    int     // redirects followed since it last waited
	open    int     // index in the history of the open operation, or none
	index   int     // its number in the run
	line    int     // of the script, where its next operation is looked for
	quota   bool    // may begin another operation in the liveness phase
	op      Operation
	command []byte
	began   int64
	calls   []int32 // index in the history of each operation, by sequence number from 1
}

const none = -1

// crowd is all clients of a run.
type crowd struct {
	clients []client
	issued  int // operations begun
	manner  faults.Manner
}

// clientStream is the name of the stream of each client.
var clientStream = stream.Name("client")

func (w *crowd) reset(seed uint64, n int) {
	if cap(w.clients) < n {
		w.clients = make([]client, n)
	}
	w.clients = w.clients[:n]
	w.issued, w.manner = 0, faults.Manner{}
	for i := range w.clients {
		id := node.Client(i + 1)
		w.clients[i] = client{
			id: id, process: uint32(id), random: stream.Named(seed, clientStream, uint64(id)), open: none,
			calls: w.clients[i].calls[:0],
		}
	}
}

// clientWakes handles a ClientWakes event: the client begins an operation, or does something about the one it waits for.
func (c *cluster[M, PM]) clientWakes(e *sim.Event) {
	if int(e.B) > len(c.crowd.clients) {
		c.operatorWakes(e)
		return
	}
	x := &c.crowd.clients[e.B-1]
	if e.C != x.wake {
		return
	}
	x.hops = 0
	switch {
	case x.open == none:
		c.begin(x)
	case c.spec.SendOnce, !c.healed && c.kernel.Now()-x.began >= int64(c.config.Patience):
		c.giveUp(x)
	default:
		x.target = c.anyReplica(x, x.target)
		c.submit(x)
	}
}

// wakeAfter sets the client's alarm, in place of any earlier one.
func (c *cluster[M, PM]) wakeAfter(x *client, span int64) {
	x.wake++
	c.kernel.Schedule(c.kernel.Now()+max(span, 0), sim.ClientWakes, 0, 0, uint64(x.id), x.wake)
}

func (c *cluster[M, PM]) begin(x *client) {
	index, ok := c.nextOperation(x)
	if !ok {
		return
	}
	x.index = index
	if _, left := slices.BinarySearch(c.skip, x.index); left && !c.healed {
		// The client thinks as after any operation, but draws nothing: whom it turns to next stays as it was.
		c.wakeAfter(x, sim.Exponential(stream.Mix(c.lots, uint64(x.index)), int64(c.config.Think)))
		return
	}
	c.stats.Called++
	if call := c.scripted(x.index); call != nil {
		x.op, _ = call.operation()
		if call.To != 0 {
			x.target = call.To
		}
	} else {
		config, lot := &c.config, stream.Mix(c.lots, uint64(x.index))
		if hot := c.crowd.manner.Hot; hot > 0 && stream.Chance(stream.Mix(lot, stream.Name("hot")), uint64(hot)) {
			config = &c.crowded
		}
		x.op = c.spec.Workload.Operation(config, lot, x.index)
	}
	c.scratch = c.spec.Workload.Command(c.scratch[:0], x.op)
	x.command = c.bytes.Copy(c.scratch)
	x.seq++
	x.asked = 0
	x.began = c.kernel.Now()
	x.open = c.history.Call(x.process, x.op.Kind, x.op.Key, x.op.Arg, x.op.Arg2, c.tick())
	c.itemize(x)
	x.calls = append(x.calls, int32(x.open))
	c.announce(x)
	if c.kernel.Tracing() {
		c.submitted(x)
		c.kernel.Emit(sim.Record{Kind: sim.Called, Who: x.id.Addr(), Name: operationName(x.id, x.seq), Text: fmt.Sprintf("#%d %s", x.seq, x.op)})
	}
	if x.target == 0 {
		x.target = c.anyReplica(x, 0)
	}
	c.submit(x)
}

// submit sends the open operation to the client's present target.
func (c *cluster[M, PM]) submit(x *client) {
	patience := c.config.Retry
	if haste := c.crowd.manner.Impatient; haste > 0 {
		patience = min(patience, haste)
	}
	if c.spec.SendOnce {
		patience = c.config.Patience
	}
	c.wakeAfter(x, int64(patience))
	r := node.Request{Op: node.Command, Session: x.session, Seq: x.seq, Command: x.command}
	switch {
	case c.spec.Reads && x.op.Kind == checker.Get:
		r.Op, r.Session = node.Read, 0
	case c.spec.Sessions && x.session == 0:
		r.Op, r.Command = node.Register, nil
	}
	if x.asked != 0 && x.asked != x.target {
		c.reach(Retried)
	}
	x.asked = x.target
	c.net.SendRequest(x.id, x.target, &r)
}

// anyReplica returns a replica other than the one given, if there is another.
func (c *cluster[M, PM]) anyReplica(x *client, other node.ID) node.ID {
	n := uint64(c.config.Nodes)
	if other == 0 || n == 1 {
		return node.ID(x.random.N(n) + 1)
	}
	return node.ID((uint64(other)+x.random.N(n-1))%n + 1)
}

// Reply handles a replica's answer. It implements netsim.Ends.
func (c *cluster[M, PM]) Reply(to node.Client, from node.ID, r *node.Reply) {
	if int(to) > len(c.crowd.clients) {
		c.operatorReply(r)
		return
	}
	x := &c.crowd.clients[to-1]
	c.answered(x, from, r)
	if x.open == none || r.Seq != x.seq {
		if r.Status == node.OK && r.Seq == x.seq && r.Session == 0 {
			c.reach(AnsweredTwice)
		}
		return // an answer to something settled long ago
	}
	switch r.Status {
	case node.OK:
		if r.Session == 0 {
			c.conclude(x, from, r)
		} else if x.session == 0 {
			x.session = r.Session
			x.target = from
			c.submit(x)
		}
	case node.Expired: // an earlier copy of the request may have been executed before the session was dropped
		c.reach(SessionExpired)
		x.session = 0
		c.giveUp(x)
	case node.Unknown:
		c.giveUp(x)
	case node.Redirect:
		if from != x.target {
			return // one answer to one sending, however often the network repeats it
		}
		if x.hops++; r.Leader != 0 && r.Leader != from && x.hops <= c.config.Nodes {
			c.reach(Followed)
			x.target = r.Leader
			c.submit(x)
			return
		}
		if c.config.Nodes > 2 { // otherwise the alarm, which turns to another replica, would lead back here
			x.target = c.anyReplica(x, from)
		}
		c.wakeAfter(x, int64(c.config.Retry)/4)
	default:
		c.reach(Refused)
		c.wakeAfter(x, int64(c.config.Retry)/4) // overloaded or the like: again, elsewhere, a little later
	}
}

// announce tells whoever watches of the command that a client submits.
func (c *stage) announce(x *client) {
	d := digest(x.command)
	if c.facts != nil { // otherwise the watch is told of nothing that it could hold against it
		c.watch.Submitted(uint32(x.id), x.seq, d)
	}
	if c.own != nil {
		c.own.Submitted(uint32(x.id), x.seq, d)
	}
}

// answered holds an answer against others to the same command, and the replica that gave it against its bounds.
func (c *cluster[M, PM]) answered(x *client, from node.ID, r *node.Reply) {
	if r.Status != node.OK || r.Session != 0 || r.Seq == 0 || r.Seq > uint64(len(x.calls)) || c.facts == nil {
		return
	}
	if reads := c.history.Ops[x.calls[r.Seq-1]].Kind == checker.Get; c.spec.Sessions && !reads {
		c.watch.Answered(uint32(x.id), r.Seq, digest(r.Output))
	}
	c.holds(from)
	c.check()
}

// holds tells the watch how much a replica holds, if it is up and can tell.
func (c *cluster[M, PM]) holds(id node.ID) {
	if c.spec.Holds != nil && c.host(id).Up() {
		c.watch.Holds(uint16(id), c.spec.Holds(c.host(id).Replica()))
	}
}

// conclude closes the open operation with the result a replica gave.
func (c *cluster[M, PM]) conclude(x *client, from node.ID, r *node.Reply) {
	out, text, err := c.result(x, r.Output)
	if err != nil {
		c.violate("reply", "unreadable result", fmt.Sprintf("%v answered %s of client %v with %q: %v", from.Addr(), x.op, x.id.Addr(), r.Output, err))
		return
	}
	if c.own != nil {
		c.own.Replied(uint32(x.id), x.seq, r.Slot)
	}
	if c.facts != nil {
		c.watch.Replied(uint32(x.id), x.seq, r.Slot)
	}
	c.history.Return(x.open, c.tick(), checker.OK, out)
	index := r.Index
	if x.op.Kind == checker.Propose && out != x.op.Arg {
		index++ // one decision has one slot: who proposed what was decided comes first
	}
	c.history.Hint(x.open, r.Slot, index)
	x.open = none
	c.stats.Finished++
	if c.kernel.Tracing() {
		if x.op.Kind != checker.Txn {
			text = fmt.Sprint(out)
		}
		c.kernel.Emit(sim.Record{Kind: sim.Returned, Who: x.id.Addr(), Peer: from.Addr(), Name: operationName(x.id, x.seq), Slot: r.Slot, Text: fmt.Sprintf("#%d %s = %s", x.seq, x.op, text)})
	}
	c.check()
	c.pause(x)
}

// giveUp leaves the open operation as one that may have taken effect, may yet, or never will.
func (c *cluster[M, PM]) giveUp(x *client) {
	c.history.Return(x.open, c.tick(), checker.Unknown, 0)
	if c.kernel.Tracing() {
		c.kernel.Emit(sim.Record{Kind: sim.Returned, Who: x.id.Addr(), Name: operationName(x.id, x.seq), Text: fmt.Sprintf("#%d %s gave up", x.seq, x.op)})
	}
	c.reach(GaveUp)
	x.open = none
	x.process += uint32(len(c.crowd.clients))
	x.target = 0
	c.stats.Unknown++
	if c.healed {
		x.quota = true // what is asked of the healed cluster is an answer
	}
	c.pause(x)
}

func (c *cluster[M, PM]) pause(x *client) {
	think := int64(0)
	if c.crowd.manner.Forgetful {
		x.session = 0
	}
	if c.config.Think > 0 && !c.healed && !c.crowd.manner.Rush {
		think = sim.Exponential(x.random.Uint64(), int64(c.config.Think))
	}
	c.wakeAfter(x, think)
}

// SetManner says how clients behave from now on. It implements faults.Crowd.
func (c *cluster[M, PM]) SetManner(m faults.Manner) {
	rush := m.Rush && !c.crowd.manner.Rush
	c.crowd.manner = m
	for i := range c.crowd.clients {
		if x := &c.crowd.clients[i]; rush && x.open == none {
			c.wakeAfter(x, 0)
		}
	}
}

// settled tells whether the client has nothing left to do.
func (c *cluster[M, PM]) settled(x *client) bool {
	return x.open == none && (c.crowd.issued >= c.config.Operations && !c.healed || c.healed && !x.quota)
}

// String writes the operation as "put k2 7".
func (o Operation) String() string {
	switch o.Kind {
	case checker.Get:
		return fmt.Sprintf("get k%d", o.Key)
	case checker.Put:
		return fmt.Sprintf("put k%d %d", o.Key, o.Arg)
	case checker.CAS:
		return fmt.Sprintf("cas k%d %d->%d", o.Key, o.Arg, o.Arg2)
	case checker.Propose:
		return fmt.Sprintf("propose %d", o.Arg)
	case checker.Txn:
		return o.transaction()
	}
	return checker.Phrase(o.Kind, o.Key, o.Arg, o.Arg2)
}
