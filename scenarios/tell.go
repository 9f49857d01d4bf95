package scenarios

import (
	"fmt"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/fact"
	"simrun/sim"
)

// tell puts what a replica observed into the trace, if there is one.
func (c *stage) tell(id node.ID, f *fact.Fact) {
	if c.kernel.Tracing() {
		c.tellObserved(id, f)
	}
}

func (c *stage) tellObserved(id node.ID, f *fact.Fact) {
	var text string
	switch f.Kind {
	case fact.Leading:
		text = fmt.Sprintf("leads in ballot %v", node.Ballot(f.Ballot))
	case fact.Following:
		text = fmt.Sprintf("no longer leads in ballot %v", node.Ballot(f.Ballot))
	case fact.Learned:
		text = fmt.Sprintf("learned slot %d", f.Slot)
	case fact.Snapshot:
		text = fmt.Sprintf("restored a snapshot through slot %d", f.Slot)
	case fact.Leased:
		if f.Seq == 0 {
			text = "gives its lease back"
			break
		}
		text = fmt.Sprintf("relies on its lease for %v of its own clock at most", faults.Span(f.Seq))
	case fact.Granted:
		text = fmt.Sprintf("grants a lease for %v", faults.Span(f.Seq))
		if f.Seq == 0 {
			text = "takes note that the lease is given back"
		}
	case fact.Configured:
		text = fmt.Sprintf("holds membership %08x from slot %d on", uint32(f.Value), f.Slot)
	default:
		return
	}
	c.kernel.Emit(sim.Record{
		Kind: sim.Observed, Who: id.Addr(), Text: text,
		Name: f.Kind.String(), Slot: f.Slot, Ballot: node.Ballot(f.Ballot), Value: f.Value,
	})
}

// tellDurable puts what became durable on the disk of the owner into the trace, and whether that made a value chosen. What
// is only read anew is no news.
func (c *stage) tellDurable(f *fact.Fact, chosen bool) {
	r := sim.Record{
		Kind: sim.Durable, Who: c.owner.Addr(), Name: f.Kind.String(), Slot: f.Slot, Ballot: node.Ballot(f.Ballot), Value: f.Value,
	}
	if !c.rereading {
		switch f.Kind {
		case fact.Promised:
			r.Text = fmt.Sprintf("promised %v", r.Ballot)
		case fact.Voted:
			r.Text = fmt.Sprintf("voted in %v for slot %d, value %s", r.Ballot, f.Slot, c.valueName(f))
		case fact.Snapshot:
			r.Text = fmt.Sprintf("snapshot through slot %d", f.Slot)
		default:
			r.Text = f.Kind.String()
		}
		c.kernel.Emit(r)
	}
	if chosen {
		r.Name, r.Text = "chosen", fmt.Sprintf("slot %d is chosen in ballot %v: %s", f.Slot, r.Ballot, c.valueName(f))
		c.kernel.Emit(r)
	}
}

// valueName names a value by the operations in it, each by its client and its number there: "c1#4 register c2#1".
func (c *stage) valueName(f *fact.Fact) string {
	if c.names == nil {
		c.names = map[uint64]string{}
	}
	name, known := c.names[f.Value]
	if known {
		return name
	}
	switch {
	case c.commands == nil:
		name = fmt.Sprintf("%x", f.Bytes)
	case len(f.Bytes) == 0:
		name = "no-op"
	case c.namesValue != nil:
		name = c.namesValue(f.Bytes)
	default:
		c.commands(f.Bytes, func(client uint32, seq uint64, _ []byte) {
			if name != "" {
				name += " "
			}
			name += operationName(node.Client(client), seq)
		})
	}
	c.names[f.Value] = name
	return name
}

// submitted gives a value that a client asks for a name.
func (c *stage) submitted(x *client) {
	if c.names == nil {
		c.names = map[uint64]string{}
	}
	c.names[digest(x.command)] = operationName(x.id, x.seq)
}

func operationName(x node.Client, seq uint64) string { return fmt.Sprintf("%v#%d", x.Addr(), seq) }

// OperationName returns what reports call an operation of the history, such as c2#1, for the violation that a Judge finds: the story then tells of those that it names.
func OperationName(c *Config, h *checker.History, index int) string {
	client := func(o *checker.Op) uint32 { return (o.Client - 1) % uint32(c.Clients) } // who gave up goes on as another process
	seq := uint64(0)
	for i := range h.Ops[:index+1] {
		if client(&h.Ops[i]) == client(&h.Ops[index]) {
			seq++
		}
	}
	return operationName(node.Client(client(&h.Ops[index])+1), seq)
}

// Names returns the names of values that were told of in the trace, by their digest.
func (c *stage) Names() map[uint64]string { return c.names }

// Describe puts a replica's state in words.
func (c *cluster[M, PM]) Describe(id node.ID) []string {
	if id == 0 || int(id) > c.config.Nodes || !c.host(id).Up() {
		return nil
	}
	if d, ok := c.host(id).Replica().(node.Describer); ok {
		return d.Describe()
	}
	return nil
}

// Witness returns operations that no order explains.
func (c *stage) Witness() []checker.Op { return c.witness }
