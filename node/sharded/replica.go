package sharded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/machine"
	"simrun/node/multipaxos"
)

// Env is what a replica runs in.
type Env = node.Env[Message]

// Config is how a replica behaves. All replicas must agree on Groups.
type Config struct {
	Groups [][]node.ID       // the members of each; a key belongs to the group of its number, modulo how many there are
	Paxos  multipaxos.Config // of the own group; Nodes and Machine are filled in
	Retry  node.Local        // after which what got no answer is asked again
	Pause  node.Local        // longest pause of a transaction that met a lock; doubled each time, three times at most
}

// Validate refuses configurations that cannot work.
func (c Config) Validate() error {
	if len(c.Groups) == 0 || len(c.Groups) > 64 {
		return fmt.Errorf("sharded: %d groups, and there must be 1 to 64", len(c.Groups))
	}
	if c.Retry < 1 || c.Pause < 1 {
		return errors.New("sharded: retry and pause must be positive")
	}
	seen := map[node.ID]bool{}
	for g, group := range c.Groups {
		for _, m := range group {
			if seen[m] {
				return fmt.Errorf("sharded: replica %d is in two groups", m)
			}
			seen[m] = true
		}
		p := c.Paxos
		p.Nodes, p.Machine = group, newLedger
		if err := p.Validate(); err != nil {
			return fmt.Errorf("group %d: %w", g, err)
		}
	}
	return nil
}

func newLedger() machine.Machine { return new(ledger) }

// timerAct is the only timer of its own; those of package multipaxos are below it.
const timerAct node.TimerID = 8

// ownCalls is the first of the addresses under which replicas submit commands to their groups' logs. Those of clients are below.
const ownCalls node.Client = 1_000_000

// Replica is one member of one group. It implements node.Node.
type Replica struct {
	self   node.ID
	config Config
	group  uint64
	paxos  *multipaxos.Replica
	inside inside

	leads   bool      // the group, as far as it knows
	taken   uint64    // slots up to it were proposed by earlier leaders
	session uint64    // of its calls, while it leads; 0: not opened yet, and then it does not know all that was chosen before
	calls   []call    // that have no answer yet
	numbers uint64    // of the last call
	answers []answer  // that came during the present handler
	pursued []pursuit // transactions of this group that have work to do, while it leads
	hints   []node.ID // by group: who spoke last for it
}

// call is a command on its way through the own group's log.
type call struct {
	seq  uint64
	op   byte
	id   id
	try  uint64
	asks node.ID // who is to be answered, for a participant
}

type answer struct {
	seq    uint64
	status node.Status
	opened uint64 // the session, for its opening,
	slot   uint64 // and where that took effect
	output []byte
}

// New returns the replica of that ID, with an empty memory. The configuration must be valid, and have the replica in one group.
func New(self node.ID, c Config) *Replica {
	r := &Replica{self: self, config: c, hints: make([]node.ID, len(c.Groups))}
	for g, group := range c.Groups {
		if slices.Contains(group, self) {
			r.group = uint64(g)
			c.Paxos.Nodes = group
		}
	}
	c.Paxos.Machine = newLedger
	r.paxos = multipaxos.New(self, c.Paxos)
	r.inside.r = r
	return r
}

// Inherit gives the part of the replica that is its group's the memory of a former one.
func (r *Replica) Inherit(former node.Node[Message]) {
	if f, ok := former.(*Replica); ok {
		r.paxos.Inherit(f.paxos)
	}
}

// groups returns how many there are.
func (r *Replica) groups() uint64 { return uint64(len(r.config.Groups)) }

// ledger returns the group's state, as far as it is applied here.
func (r *Replica) ledger() *ledger { return r.paxos.Machine().(*ledger) }

// ready tells whether this replica leads its group and knows everything that was chosen before.
func (r *Replica) ready() bool { return r.leads && r.session != 0 }

// Start recovers what the group's log on this disk says.
func (r *Replica) Start(env Env) {
	r.paxos.Start(r.enter(env))
	r.leave(env)
}

// Receive handles a message.
func (r *Replica) Receive(env Env, from node.ID, m *Message) {
	inside := r.enter(env)
	switch {
	case m.Kind == 0:
		r.paxos.Receive(inside, from, &m.Paxos)
	case m.Group < r.groups() && m.Group != r.group:
		r.hints[m.Group] = from
		r.receive(env, from, m)
	}
	r.leave(env)
}

// receive handles a message from another group. Only a leader minds.
func (r *Replica) receive(env Env, from node.ID, m *Message) {
	if !r.ready() {
		return
	}
	switch m.Kind {
	case Prepare:
		r.onPrepare(env, from, m)
	case Vote:
		r.onVote(env, m)
	case Finish:
		r.onFinish(env, from, m)
	case Ack:
		r.onAck(env, m)
	}
}

// Request takes a transaction, if this replica leads the group that is to coordinate it.
func (r *Replica) Request(env Env, from node.Client, q *node.Request) {
	inside := r.enter(env)
	items, err := readItems(q.Command)
	switch {
	case err != nil || q.Op != node.Command || q.Seq == 0 || from >= ownCalls:
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Refused})
	case r.home(items) != r.group:
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Redirect, Leader: r.speaker(env, r.home(items))})
	case !r.leads:
		r.paxos.Request(inside, from, q) // which tells the client who does
	case !r.ready():
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Overloaded})
	default:
		r.onTransaction(env, id{from, q.Seq}, items)
	}
	r.leave(env)
}

// home returns the group that coordinates a transaction: that of its lowest key.
func (r *Replica) home(items []Item) uint64 {
	lowest := items[0].Key
	for _, i := range items {
		lowest = min(lowest, i.Key)
	}
	return groupOf(lowest, r.groups())
}

// speaker returns a member of a group: who spoke for it last, or any.
func (r *Replica) speaker(env Env, group uint64) node.ID {
	if id := r.hints[group]; id != 0 {
		r.hints[group] = 0 // if it was wrong, the next one is another
		return id
	}
	members := r.config.Groups[group]
	return members[env.Rand()%uint64(len(members))]
}

// Timer handles a timer that fired.
func (r *Replica) Timer(env Env, t node.TimerID) {
	inside := r.enter(env)
	if t == timerAct {
		r.act(env)
	} else {
		r.paxos.Timer(inside, t)
	}
	r.leave(env)
}

// enter gives the group's replica an environment for one handler.
func (r *Replica) enter(env Env) *inside {
	r.inside.env = env
	return &r.inside
}

// leave ends a handler: it deals with the answers that came in it, which may lead to more.
func (r *Replica) leave(env Env) {
	r.adopt(env)
	for i := 0; i < len(r.answers); i++ {
		a := r.answers[i]
		r.onAnswer(env, &a)
	}
	r.answers = r.answers[:0]
	r.inside.env = nil
}

// submit sends a command through the group's log.
func (r *Replica) submit(c *command, asks node.ID) {
	for i := range r.calls {
		if k := &r.calls[i]; k.op == c.op && k.id == c.id && k.try == c.try {
			return // it is on its way
		}
	}
	r.numbers++
	r.calls = append(r.calls, call{seq: r.numbers, op: c.op, id: c.id, try: c.try, asks: asks})
	r.paxos.Request(&r.inside, r.address(), &node.Request{Op: node.Command, Session: r.session, Seq: r.numbers, Command: c.append(nil)})
}

// address is where answers to the replica's own calls go.
func (r *Replica) address() node.Client { return ownCalls + node.Client(r.self) }

// onAnswer handles the answer to one of the replica's own calls.
func (r *Replica) onAnswer(env Env, a *answer) {
	if !r.leads || a.seq > r.numbers {
		return
	}
	if a.opened != 0 && a.slot > r.taken && r.session == 0 { // another one was opened by this replica when it led before
		r.session = a.opened
		r.adopt(env)
		return
	}
	if a.status == node.Expired {
		r.openSession()
		return
	}
	at := slices.IndexFunc(r.calls, func(c call) bool { return c.seq == a.seq })
	if at < 0 {
		return
	}
	c := r.calls[at]
	r.calls = slices.Delete(r.calls, at, at+1)
	switch {
	case a.status != node.OK || len(a.output) == 0: // it was not done, and is asked for again later
	case c.asks != 0:
		r.answerParticipant(env, &c, a.output)
	default:
		r.onProgress(env, &c, a.output)
	}
}

// openSession asks for a session of the group's log. When it is open, everything chosen before is applied.
func (r *Replica) openSession() {
	r.session, r.calls = 0, r.calls[:0]
	r.numbers++
	r.paxos.Request(&r.inside, r.address(), &node.Request{Op: node.Register, Seq: r.numbers})
}

// led notes that this replica leads its group, or does no longer.
func (r *Replica) led(leads bool, taken uint64) {
	r.leads, r.taken, r.session, r.calls, r.pursued = leads, taken, 0, r.calls[:0], r.pursued[:0]
	if leads {
		r.inside.env.SetTimer(timerAct, 0) // it opens its session when the handler is done
	} else {
		r.inside.env.StopTimer(timerAct)
	}
}

// AppendState appends the state of the group's replica, whom this one takes for the leader, and what a leader pursues. Between two handlers there are no
// answers left.
func (r *Replica) AppendState(dst []byte) []byte {
	dst = r.paxos.AppendState(dst)
	word := func(x uint64) { dst = binary.BigEndian.AppendUint64(dst, x) }
	flag := func(b bool) {
		if b {
			dst = append(dst, 1)
		} else {
			dst = append(dst, 0)
		}
	}
	flag(r.leads)
	word(r.taken)
	word(r.session)
	word(r.numbers)
	for _, h := range r.hints {
		word(uint64(h))
	}
	word(uint64(len(r.calls)))
	for _, k := range r.calls {
		dst = k.id.append(append(dst, k.op))
		word(k.seq)
		word(k.try)
		word(uint64(k.asks))
	}
	word(uint64(len(r.pursued)))
	for i := range r.pursued {
		p := &r.pursued[i]
		dst = appendItems(p.id.append(append(dst, p.refusal)), p.items)
		word(p.try)
		word(p.votes)
		word(p.acks)
		word(uint64(p.failed))
		word(uint64(p.at))
		word(uint64(p.rest))
		flag(p.asked)
		word(uint64(len(p.seen)))
		dst = appendSeen(dst, p.seen)
	}
	return dst
}

// Describe puts the state in words: that of the group's replica, then locks and transactions.
func (r *Replica) Describe() []string {
	lines := append([]string{fmt.Sprintf("group %d", r.group)}, r.paxos.Describe()...)
	l := r.ledger()
	for _, s := range l.shares {
		lines = append(lines, fmt.Sprintf("prepared %v#%d try %d: %s", s.client.Addr(), s.seq, s.try, describe(s.items)))
	}
	for _, t := range l.transactions {
		lines = append(lines, fmt.Sprintf("coordinates %v#%d try %d: %s", t.client.Addr(), t.seq, t.try, stageNames[t.stage]))
	}
	return lines
}

// inside is the environment of the group's replica: that of the whole, in which its messages are one kind of several, and its answers to this replica's
// own calls come back here.
type inside struct {
	env Env
	r   *Replica
}

func (e *inside) Append(file string, b []byte)              { e.env.Append(file, b) }
func (e *inside) Replace(file string, b []byte)             { e.env.Replace(file, b) }
func (e *inside) Truncate(file string, size int)            { e.env.Truncate(file, size) }
func (e *inside) Read(file string) ([]byte, error)          { return e.env.Read(file) }
func (e *inside) Self() node.ID                             { return e.env.Self() }
func (e *inside) Now() node.Local                           { return e.env.Now() }
func (e *inside) Rand() uint64                              { return e.env.Rand() }
func (e *inside) SetTimer(t node.TimerID, after node.Local) { e.env.SetTimer(t, after) }
func (e *inside) StopTimer(t node.TimerID)                  { e.env.StopTimer(t) }
func (e *inside) Send(to node.ID, m multipaxos.Message)     { e.env.Send(to, Message{Paxos: m}) }
func (e *inside) SendDurable(to node.ID, m multipaxos.Message) {
	e.env.SendDurable(to, Message{Paxos: m})
}
func (e *inside) Perturb(point uint16) bool          { return e.env.Perturb(point) }
func (e *inside) Logf(format string, args ...uint64) { e.env.Logf(format, args...) }

// Reply keeps the answers to own calls for later, since the group's replica is in the middle of something. Those to calls of an earlier leader are nobody's.
func (e *inside) Reply(to node.Client, a node.Reply) {
	switch {
	case to == e.r.address():
		e.r.answers = append(e.r.answers, answer{seq: a.Seq, status: a.Status, opened: a.Session, slot: a.Slot, output: slices.Clone(a.Output)})
	case to < ownCalls:
		e.env.Reply(to, a)
	}
}

// Observe passes on who leads. The rest is about slots of one log.
func (e *inside) Observe(f fact.Fact) {
	if f.Kind == fact.Leading || f.Kind == fact.Following {
		e.r.led(f.Kind == fact.Leading, f.Slot)
		e.env.Observe(f)
	}
}
