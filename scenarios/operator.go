package scenarios

import (
	"slices"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/sim"
)

// operator changes who takes part, one change at a time, as faults of the plan want it. It is a client whose operations are not in the
// history, with an address after those of the others. It knows which membership is chosen, as people at consoles do who have looked, and it
// has two rules: a replica that was taken out never comes back under its name, and no group may be so small that it could not survive the
// damage that the plan has for its members.
type operator struct {
	members *Members // nil: there is nothing to do in this run
	change  checker.ChangeRule
	goals   []goal
	asked   goal      // what the last request is a step towards
	gone    []node.ID // who was taken out, or ever was to be
	victims []node.ID // whose disks are damaged in this run
	founded []uint16
	seq     uint64
	wake    uint64 // number of the wake-up that counts
	target  node.ID

	voters, learners []node.ID // scratch: the latest membership
}

// goal is a change that a fault wants.
type goal struct {
	fault int
	kind  faults.Kind
	nodes []node.ID
}

// is tells whether two goals are one: a fault wants each change once.
func (g *goal) is(o *goal) bool { return g.fault == o.fault && slices.Equal(g.nodes, o.nodes) }

// reset looks whether the plan has changes, and tells the checks what they look like.
func (o *operator) reset(m *Members, c *Config, p *faults.Plan, w *checker.WatchConfig) {
	*o = operator{goals: o.goals[:0], gone: o.gone[:0], victims: o.victims[:0], founded: o.founded[:0], voters: o.voters, learners: o.learners}
	changes := c.Spares > 0
	for i := range p.Faults {
		f := &p.Faults[i]
		changes = changes || f.Kind.Family() == faults.Members
		if f.Kind.Damages() {
			o.victims = append(o.victims, f.Nodes...)
		}
	}
	if !changes || m == nil {
		return
	}
	o.members = m
	o.change = checker.ChangeRule{Alpha: m.Alpha(c), Find: m.Find, Decode: m.Decode}
	for n := range c.Founders() {
		o.founded = append(o.founded, uint16(n+1))
	}
	w.Change, w.Founders = &o.change, checker.Members{Voters: o.founded}
}

// Want implements faults.Operator.
func (c *cluster[M, PM]) Want(fault int, kind faults.Kind, nodes []node.ID) {
	o := &c.operator
	for _, id := range nodes {
		if kind != faults.ReplaceMember {
			o.goals = append(o.goals, goal{fault, kind, []node.ID{id}})
		}
	}
	if kind == faults.ReplaceMember && len(nodes) == 2 {
		o.goals = append(o.goals, goal{fault, kind, nodes})
	}
	c.operatorSleeps(0)
}

// Unwant implements faults.Operator.
func (c *cluster[M, PM]) Unwant(fault int) {
	c.operator.goals = slices.DeleteFunc(c.operator.goals, func(g goal) bool { return g.fault == fault })
}

// console is the operator's address.
func (c *cluster[M, PM]) console() node.Client { return node.Client(len(c.crowd.clients) + 1) }

func (c *cluster[M, PM]) operatorSleeps(span int64) {
	c.operator.wake++
	c.kernel.Schedule(c.kernel.Now()+span, sim.ClientWakes, 0, 0, uint64(c.console()), c.operator.wake)
}

// operatorWakes asks for the next step towards a goal, or once more for the same.
func (c *cluster[M, PM]) operatorWakes(e *sim.Event) {
	o := &c.operator
	if e.C != o.wake || o.members == nil {
		return
	}
	o.goals = slices.DeleteFunc(o.goals, func(g goal) bool { return c.settles(&g) })
	if len(o.goals) == 0 {
		return
	}
	c.operatorSleeps(int64(c.config.Retry))
	if c.watch.Pending() {
		return
	}
	for i := range o.goals {
		if op, command := c.step(&o.goals[i]); op != 0 {
			o.asked = o.goals[i]
			c.ask(op, command)
			return
		}
	}
}

// ask sends a request to the leader, as far as anybody knows who that is.
func (c *cluster[M, PM]) ask(op node.Op, command []byte) {
	o := &c.operator
	if leader, ok := c.roles.leader(); ok {
		o.target = leader
	} else {
		o.target = node.ID(o.seq%uint64(c.config.Nodes)) + 1
	}
	o.seq++
	c.net.SendRequest(c.console(), o.target, &node.Request{Op: op, Seq: o.seq, Command: c.bytes.Copy(command)})
}

// operatorReply is told that leadership is handed over, which no log shows: such a goal is reached when the leader says so. What else is asked for is
// looked up in the log, and where a replica points to another the next request goes to whoever leads then.
func (c *cluster[M, PM]) operatorReply(r *node.Reply) {
	o := &c.operator
	if r.Seq != o.seq || r.Status != node.OK || o.asked.kind != faults.Transfer {
		return
	}
	if i := slices.IndexFunc(o.goals, func(g goal) bool { return g.is(&o.asked) }); i >= 0 {
		c.stats.Struck[faults.Transfer]++
		o.goals = slices.Delete(o.goals, i, i+1)
	}
}

// look reads the latest membership into voters and learners.
func (c *cluster[M, PM]) look() {
	o := &c.operator
	o.voters, o.learners = o.voters[:0], o.learners[:0]
	c.watch.Members(func(n uint16, voter bool) {
		if voter {
			o.voters = append(o.voters, node.ID(n))
		} else {
			o.learners = append(o.learners, node.ID(n))
		}
	})
}

// settles tells whether nothing is left to do about a goal: it is reached, or out of the question.
func (c *cluster[M, PM]) settles(g *goal) bool {
	o := &c.operator
	c.look()
	in := func(id node.ID) bool { return slices.Contains(o.voters, id) }
	member := func(id node.ID) bool { return in(id) || slices.Contains(o.learners, id) }
	reached := false
	switch g.kind {
	case faults.AddMember:
		reached = in(g.nodes[0])
	case faults.RemoveMember:
		reached = !member(g.nodes[0])
	case faults.ReplaceMember:
		reached = in(g.nodes[1]) && !member(g.nodes[0])
	case faults.Transfer:
		return !in(g.nodes[0])
	}
	if reached {
		c.stats.Struck[g.kind]++
	}
	comes := g.nodes[len(g.nodes)-1]
	return reached || g.kind != faults.RemoveMember && slices.Contains(o.gone, comes)
}

// step returns the request for the next step towards a goal; op is 0 if there is none at the moment.
func (c *cluster[M, PM]) step(g *goal) (op node.Op, command []byte) {
	o := &c.operator
	c.look()
	switch g.kind {
	case faults.Transfer:
		return node.Transfer, o.members.Transfer(c.scratch[:0], g.nodes[0])
	case faults.AddMember:
		o.admit(g.nodes[0])
	case faults.RemoveMember:
		o.dismiss(g.nodes[0])
	case faults.ReplaceMember:
		// Who comes is a learner first. Then one takes the other's place in one step, so that quorums before and after need not have anybody in common.
		comes := g.nodes[1]
		if !slices.Contains(o.voters, comes) {
			o.admit(comes)
		}
		if slices.Contains(o.voters, comes) {
			o.dismiss(g.nodes[0])
		}
	}
	if !c.survivable(o.voters) {
		return 0, nil
	}
	slices.Sort(o.voters)
	return node.Configure, o.members.Encode(c.scratch[:0], &c.config, c.watch.Latest(), o.voters, o.learners)
}

// admit makes a replica a learner, or a learner a voter.
func (o *operator) admit(id node.ID) {
	if i := slices.Index(o.learners, id); i >= 0 {
		o.learners = slices.Delete(o.learners, i, i+1)
		o.voters = append(o.voters, id)
		return
	}
	o.learners = append(o.learners, id)
}

func (o *operator) dismiss(id node.ID) {
	is := func(other node.ID) bool { return other == id }
	o.voters, o.learners = slices.DeleteFunc(o.voters, is), slices.DeleteFunc(o.learners, is)
	if !slices.Contains(o.gone, id) {
		o.gone = append(o.gone, id)
	}
}

// survivable tells whether a group of these voters can go on without those of them whose disks the plan damages.
func (c *cluster[M, PM]) survivable(voters []node.ID) bool {
	damaged := 0
	for _, id := range voters {
		if slices.Contains(c.operator.victims, id) {
			damaged++
		}
	}
	if len(voters) == 0 {
		return false
	}
	encoded := c.operator.members.Encode(nil, &c.config, 0, voters, nil)
	m, ok := c.operator.members.Decode(encoded)
	return ok && len(voters)-max(m.Phase1, m.Phase2) >= damaged
}
