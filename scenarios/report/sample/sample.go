// Package sample makes up runs of a small Multi-Paxos for tests and pictures of reports: any length, the same for the same seed, with losses,
// copies, crashes, partitions, elections, states and figures. It is a stage play of the protocol and not the protocol:
// it keeps just enough state to be believed.
package sample

import (
	"container/heap"
	"fmt"
	"slices"
	"strconv"

	"simrun/scenarios/timeline"
)

const (
	replicas = 5
	clients  = 3
	quorum   = replicas/2 + 1

	us = int64(1_000)
	ms = 1_000 * us
)

// Safety returns a run of so many records, and some hundreds more, that ends with a stale read: a leader that was cut off answers from its own state.
func Safety(records int, seed uint64) *timeline.Timeline {
	p := newPlay(records, seed)
	p.perform(func() bool { return len(p.run.Records) >= records*3/5 && p.leader != 0 && !p.cut })
	p.staleRead()
	p.run.Profile = "default"
	p.finish("violation", "linearizability: no order explains the history",
		"c3 reads k1 as "+p.stale+" after c1 was told that k1 is "+p.store["k1"])
	return p.run
}

// Liveness returns a run of so many records and a few more in which two replicas outbid each other for ever after the network has healed.
func Liveness(records int, seed uint64) *timeline.Timeline {
	p := newPlay(records, seed)
	p.perform(func() bool { return len(p.run.Records) >= records/3 && p.leader != 0 && !p.cut })
	p.duel(records)
	p.run.Profile = "network"
	p.finish("violation", "liveness: clients are not answered", fmt.Sprintf("c1 and c2 wait for an answer, %dms after everything was healed", (p.now-p.healed)/ms))
	return p.run
}

type replica struct {
	down     bool
	promised string
	learned  uint64
	leading  bool
	votes    uint64
}

type pending struct {
	op       int // place in Ops
	slot     uint64
	accepted map[int]bool
	done     bool
}

type play struct {
	run     *timeline.Timeline
	records int
	random  uint64
	now     int64
	event   uint64
	order   uint64
	queue   calendar
	lamport map[string]uint64
	message uint64
	carried map[uint64]uint64 // Lamport's clock on a message

	replicas [replicas + 1]replica
	leader   int // 0: none
	round    int
	slot     uint64
	cut      bool // a partition is in force
	side     [replicas + 1]bool
	store    map[string]string
	stale    string
	done     []int64
	healed   int64 // when
	stop     func() bool
}

func newPlay(records int, seed uint64) *play {
	return &play{
		run: &timeline.Timeline{
			Scenario: "kv", Seed: seed, Build: "commit 3f2a91c, go1.26", Nodes: replicas, Clients: clients,
			Config: []string{
				"nodes 5, clients 3, keys 3, think 2ms", "retry 62ms, patience 300ms", "latencyMin 300us, latencyMean 700us, drop 0",
				"syncMin 100us, syncMean 400us, disk {lose 1000000, tear 300000, hole 200000}", "clockOffset 1s, clockDrift 50000",
				"knobs {batch 4, heartbeat 30000, lease 0, window 8}",
			},
		},
		records: records, random: seed*2 + 1, lamport: map[string]uint64{}, carried: map[uint64]uint64{}, store: map[string]string{},
	}
}

// happening is something that will happen.
type happening struct {
	at    int64
	order uint64
	do    func()
}

type calendar []happening

func (c calendar) Len() int { return len(c) }
func (c calendar) Less(i, j int) bool {
	return c[i].at < c[j].at || c[i].at == c[j].at && c[i].order < c[j].order
}
func (c calendar) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c *calendar) Push(x any)   { *c = append(*c, x.(happening)) }
func (c *calendar) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

func (p *play) after(d int64, do func()) {
	p.order++
	heap.Push(&p.queue, happening{p.now + d, p.order, do})
}

// n draws a number below limit.
func (p *play) n(limit int64) int64 {
	p.random += 0x9e3779b97f4a7c15
	z := p.random
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int64((z ^ z>>31) % uint64(limit))
}

func (p *play) latency() int64 {
	d := 300*us + p.n(700)*us
	if p.n(30) == 0 {
		d += 3 * ms
	}
	return d
}

// loop runs what is in the calendar until stop says so, or it is empty.
func (p *play) loop() {
	for len(p.queue) > 0 && !p.stop() {
		next := heap.Pop(&p.queue).(happening)
		p.now = next.at
		p.event++
		next.do()
	}
}

func name(replica int) string { return "n" + strconv.Itoa(replica) }

func (p *play) tell(kind, who string, r timeline.Record) {
	r.Event, r.At, r.Kind, r.Who = p.event, p.now, kind, who
	if who != "" {
		p.lamport[who]++
		r.Lamport = p.lamport[who]
	}
	p.run.Records = append(p.run.Records, r)
}

func (p *play) ballot() string { return fmt.Sprintf("%d.%d", p.round, p.leader) }

// state tells what a replica's state has become.
func (p *play) state(i int) {
	r := &p.replicas[i]
	role := "follower"
	if r.leading {
		role = "leader"
	}
	p.run.States = append(p.run.States, timeline.State{Event: p.event, Who: name(i), Lines: []string{
		"role " + role, "promised " + r.promised, "voted " + strconv.FormatUint(r.votes, 10),
		"learned " + strconv.FormatUint(r.learned, 10), "k1 " + p.store["k1"],
	}})
}

// send sends a message from one host to another, and lets it be lost, be copied, or arrive.
func (p *play) send(from, to string, m timeline.Record, arrived func()) {
	p.message++
	m.Message = p.message
	m.Peer = to
	p.tell("send", from, m)
	p.carried[m.Message] = p.lamport[from]
	sent := m
	m.Peer = from
	if p.apart(from, to) {
		sent.Text += ": blocked by a partition"
		p.tell("lost", from, sent)
		return
	}
	fate := p.n(100)
	if fate < 2 {
		p.tell("lost", from, sent)
		return
	}
	arrive := func(m timeline.Record, handle func()) func() {
		return func() {
			if i := number(to); to[0] == 'n' && p.replicas[i].down {
				p.tell("deaf", to, m)
				return
			}
			p.lamport[to] = max(p.lamport[to], p.carried[m.Message])
			p.tell("recv", to, m)
			delete(p.carried, m.Message)
			handle()
		}
	}
	p.after(p.latency(), arrive(m, arrived))
	if fate >= 98 {
		p.message++
		p.carried[p.message] = p.lamport[from]
		sent.Message, m.Message = p.message, p.message
		p.tell("copy", from, sent)
		p.after(p.latency()+2*ms, arrive(m, func() {}))
	}
}

func number(who string) int {
	n, _ := strconv.Atoi(who[1:])
	return n
}

func (p *play) apart(a, b string) bool {
	return p.cut && p.behind(a) != p.behind(b)
}

// behind tells on which side of the partition a host is: n1 and c3 are alone in the stale read.
func (p *play) behind(who string) bool {
	if who[0] == 'c' {
		return who == "c3" && p.side[1]
	}
	return p.side[number(who)]
}

// perform starts the cluster and runs it under faults until stop.
func (p *play) perform(stop func() bool) {
	p.stop = stop
	p.event = 1
	for i := 1; i <= replicas; i++ {
		p.replicas[i].promised = "0.0"
		p.tell("start", name(i), timeline.Record{})
		p.state(i)
	}
	p.after(2*ms, func() { p.stand(1 + int(p.n(replicas))) })
	for c := 1; c <= clients; c++ {
		p.after(8*ms+p.n(4*ms), func() { p.call(c, 1) })
	}
	p.after(30*ms, p.heartbeat)
	p.after(18*ms, p.crashSome)
	p.after(55*ms, p.partitionSome)
	p.loop()
}

// stand has a replica stand for election.
func (p *play) stand(i int) {
	r := &p.replicas[i]
	if r.down {
		return
	}
	p.round++
	p.leader = 0
	ballot := fmt.Sprintf("%d.%d", p.round, i)
	p.tell("timer", name(i), timeline.Record{Name: "election"})
	p.tell("log", name(i), timeline.Record{Text: "stands for election in ballot " + ballot, Ballot: ballot})
	round := p.round
	promises := 1
	r.promised = ballot
	p.state(i)
	for j := 1; j <= replicas; j++ {
		if j == i {
			continue
		}
		m := timeline.Record{Name: "Prepare", Ballot: ballot, Slot: p.slot + 1, Text: fmt.Sprintf("Prepare %s from slot %d", ballot, p.slot+1)}
		p.send(name(i), name(j), m, func() {
			p.replicas[j].promised = ballot
			if p.replicas[j].leading && p.leader != j {
				p.replicas[j].leading = false
				p.tell("observe", name(j), timeline.Record{Name: "following", Text: "no longer leads"})
			}
			p.state(j)
			p.after(100*us+p.n(500)*us, func() {
				if p.replicas[j].down {
					return
				}
				p.tell("sync", name(j), timeline.Record{})
				m := timeline.Record{Name: "Promise", Ballot: ballot, Slot: p.slot + 1, Text: fmt.Sprintf("Promise %s from slot %d", ballot, p.slot+1)}
				p.send(name(j), name(i), m, func() {
					if promises++; promises != quorum || p.round != round {
						return
					}
					p.leader = i
					p.replicas[i].leading = true
					p.tell("observe", name(i), timeline.Record{Name: "leading", Ballot: ballot, Text: "leads in ballot " + ballot})
					p.state(i)
				})
			})
		})
	}
	p.after(25*ms, func() { // nobody got there
		if p.leader == 0 && p.round == round {
			p.stand(1 + int(p.n(replicas)))
		}
	})
}

func (p *play) heartbeat() {
	if p.leader != 0 && !p.replicas[p.leader].down {
		p.tell("timer", name(p.leader), timeline.Record{Name: "heartbeat"})
		for j := 1; j <= replicas; j++ {
			if j != p.leader {
				p.send(name(p.leader), name(j), timeline.Record{
					Name: "Heartbeat", Ballot: p.ballot(), Slot: p.slot, Text: fmt.Sprintf("Heartbeat %s commit %d", p.ballot(), p.slot),
				}, func() {})
			}
		}
	}
	p.after(30*ms, p.heartbeat)
}

// call has a client issue its next operation, try until it is answered, and go on.
func (p *play) call(c, seq int) {
	who := "c" + strconv.Itoa(c)
	key := "k" + strconv.Itoa(1+int(p.n(3)))
	text := "get " + key
	value := ""
	if p.n(3) > 0 {
		value = strconv.Itoa(len(p.run.Ops) + 10)
		text = "put " + key + " " + value
	}
	p.run.Ops = append(p.run.Ops, timeline.Op{Client: who, Process: uint32(c), Text: text, Outcome: "open", Call: p.event, CallAt: p.now})
	at := len(p.run.Ops) - 1
	p.tell("call", who, timeline.Record{Name: "call", Text: fmt.Sprintf("#%d %s", seq, text)})
	task := &pending{op: at, accepted: map[int]bool{}}
	tries := 0
	var try func()
	try = func() {
		op := &p.run.Ops[at]
		if op.Return != 0 {
			return
		}
		if tries++; tries > 5 {
			op.Outcome, op.Return, op.ReturnAt = "unknown", p.event, p.now
			p.tell("return", who, timeline.Record{Name: "return", Text: fmt.Sprintf("#%d %s: unknown", seq, text)})
			p.after(2*ms, func() { p.call(c, seq+1) })
			return
		}
		to := p.leader
		if to == 0 {
			to = 1 + int(p.n(replicas))
		}
		request := timeline.Record{Name: "Request", Text: fmt.Sprintf("Request #%d %s", seq, text)}
		p.send(who, name(to), request, func() {
			if p.leader != to || task.slot != 0 {
				return
			}
			p.propose(to, task, func() {
				answer := func() { p.answer(c, seq, task, key, value, to) }
				p.send(name(to), who, timeline.Record{Name: "Reply", Slot: task.slot, Text: fmt.Sprintf("Reply #%d ok slot %d", seq, task.slot)}, answer)
			})
		})
		p.after(14*ms, try)
	}
	try()
}

// answer ends an operation.
func (p *play) answer(c, seq int, task *pending, key, value string, from int) {
	op := &p.run.Ops[task.op]
	if op.Return != 0 {
		return
	}
	op.Outcome, op.Out, op.Return, op.ReturnAt, op.Slot = "ok", "ok", p.event, p.now, task.slot
	if value == "" {
		op.Out = p.store[key]
	}
	p.done = append(p.done, p.now)
	p.tell("return", op.Client, timeline.Record{
		Name: "return", Peer: name(from), Text: fmt.Sprintf("#%d %s = %s", seq, op.Text, op.Out), Slot: task.slot,
	})
	p.after(500*us+p.n(6*ms), func() { p.call(c, seq+1) })
}

// propose has the leader bring a value through its second phase.
func (p *play) propose(i int, task *pending, chosen func()) {
	p.slot++
	task.slot = p.slot
	ballot := p.ballot()
	text := fmt.Sprintf("%s slot %d [%s]", ballot, task.slot, p.run.Ops[task.op].Text)
	task.accepted[i] = true
	count := func(j int) {
		if task.accepted[j] = true; len(task.accepted) < quorum || task.done || p.replicas[i].down {
			return
		}
		task.done = true
		var key, value string
		if n, _ := fmt.Sscanf(p.run.Ops[task.op].Text, "put %s %s", &key, &value); n == 2 {
			p.store[key] = value
		}
		p.learn(i, task.slot)
		for k := 1; k <= replicas; k++ {
			if k != i {
				p.send(name(i), name(k), timeline.Record{
					Name: "Learn", Ballot: ballot, Slot: task.slot, Text: fmt.Sprintf("Learn %s commit %d", ballot, task.slot),
				}, func() { p.learn(k, task.slot) })
			}
		}
		chosen()
	}
	p.after(100*us+p.n(400)*us, func() { p.tell("sync", name(i), timeline.Record{}) })
	for j := 1; j <= replicas; j++ {
		if j == i {
			continue
		}
		p.send(name(i), name(j), timeline.Record{Name: "Accept", Ballot: ballot, Slot: task.slot, Text: "Accept " + text}, func() {
			p.after(100*us+p.n(500)*us, func() {
				if p.replicas[j].down {
					return
				}
				p.tell("sync", name(j), timeline.Record{})
				p.replicas[j].votes = max(p.replicas[j].votes, task.slot)
				p.state(j)
				p.send(name(j), name(i), timeline.Record{
					Name: "Accepted", Ballot: ballot, Slot: task.slot, Text: fmt.Sprintf("Accepted %s slot %d", ballot, task.slot),
				}, func() { count(j) })
			})
		})
	}
}

func (p *play) learn(i int, slot uint64) {
	r := &p.replicas[i]
	if r.down || slot <= r.learned {
		return
	}
	r.learned = slot
	p.tell("observe", name(i), timeline.Record{Name: "learned", Slot: slot, Text: fmt.Sprintf("learned slot %d", slot)})
	p.tell("observe", name(i), timeline.Record{Name: "applied", Slot: slot, Text: fmt.Sprintf("applied slot %d", slot)})
	p.state(i)
}

func (p *play) fault(kind string, lasts int64, nodes []string, text string) {
	p.tell("fault", "", timeline.Record{Name: kind, Text: text})
	p.run.Faults = append(p.run.Faults, timeline.Fault{
		Index: len(p.run.Faults), Kind: kind, From: p.now, Until: p.now + lasts, Nodes: nodes, Text: text,
	})
	p.after(lasts, func() { p.tell("heal", "", timeline.Record{Name: kind, Text: text}) })
}

// crashSome crashes the leader, and later somebody again.
func (p *play) crashSome() {
	i := p.leader
	if i == 0 {
		i = 1 + int(p.n(replicas))
	}
	if !p.cut && !p.replicas[i].down {
		p.fault("crash", 22*ms, []string{name(i)}, "crash "+name(i))
		p.tell("crash", name(i), timeline.Record{})
		p.replicas[i].down, p.replicas[i].leading = true, false
		if p.leader == i {
			p.leader = 0
			p.after(7*ms, func() { p.stand(i%replicas + 1) })
		}
		p.after(22*ms, func() {
			p.replicas[i].down = false
			p.tell("start", name(i), timeline.Record{})
			p.state(i)
		})
	}
	p.after(p.every(), p.crashSome)
}

// every is the time between faults: a long run has no more than some dozens.
func (p *play) every() int64 { return 60*ms + int64(p.records)*2*us + p.n(40*ms) }

// partitionSome cuts two replicas off for a while.
func (p *play) partitionSome() {
	if !p.cut {
		p.side = [replicas + 1]bool{}
		a, b := 2+int(p.n(4)), 2+int(p.n(4))
		p.side[a], p.side[b] = true, true
		p.partition(18 * ms)
		p.fault("slow", 30*ms, nil, "slow all -> all by 2ms")
		if p.n(2) == 0 {
			who := name(1 + int(p.n(replicas)))
			p.fault("disk-slow", 26*ms, []string{who}, "disk-slow "+who+" commits take 8 times longer")
		}
		if p.side[p.leader] {
			p.after(10*ms, func() { p.stand(1) })
		}
	}
	p.after(p.every(), p.partitionSome)
}

// partition puts one in force between the two sides.
func (p *play) partition(lasts int64) {
	var far, near []string
	for i := 1; i <= replicas; i++ {
		if p.side[i] {
			far = append(far, name(i))
		} else {
			near = append(near, name(i))
		}
	}
	for c := 1; c <= clients; c++ {
		if who := "c" + strconv.Itoa(c); p.behind(who) {
			far = append(far, who)
		} else {
			near = append(near, who)
		}
	}
	p.cut = true
	p.fault("partition", lasts, far, fmt.Sprintf("partition {%s | %s}", words(far), words(near)))
	p.after(lasts, func() { p.cut = false })
}

func words(list []string) string {
	text := ""
	for i, w := range list {
		if i > 0 {
			text += " "
		}
		text += w
	}
	return text
}

// staleRead plays the end of Safety.
func (p *play) staleRead() {
	p.stop = func() bool {
		return p.leader == 1 && !p.cut && p.store["k1"] != "" && len(p.run.Records) >= p.records
	}
	p.after(1*ms, p.wantFirst)
	p.loop()
	p.side = [replicas + 1]bool{}
	p.side[1] = true
	p.event++
	p.partition(60 * ms)
	p.stale = p.store["k1"]
	cutAt := p.event
	p.after(6*ms, func() { p.stand(2) })
	end := p.now + 30*ms
	p.stop = func() bool { return p.now >= end && p.leader == 2 }
	p.loop()
	first := p.write("c1", "put k1 99")
	p.store["k1"] = "99"
	p.now += 4 * ms
	p.event += 3
	second := len(p.run.Ops)
	p.run.Ops = append(p.run.Ops, timeline.Op{
		Client: "c3", Process: 9, Text: "get k1", Out: p.stale, Outcome: "ok", Call: p.event, CallAt: p.now,
	})
	p.tell("call", "c3", timeline.Record{Name: "call", Text: "get k1"})
	p.send1("c3", "n1", "Request", "Request get k1")
	p.event++
	p.send1("n1", "c3", "Reply", "Reply "+p.stale+", from its own state")
	p.tell("return", "c3", timeline.Record{Name: "return", Peer: "n1", Text: "get k1 = " + p.stale})
	p.run.Ops[second].Return, p.run.Ops[second].ReturnAt = p.event, p.now
	p.event++
	p.tell("VIOLATION", "", timeline.Record{Text: "linearizability: no order explains get k1 = " + p.stale})
	p.run.Witness = []int{first, second}
	p.run.Story = []string{
		fmt.Sprintf("n1 leads; a partition cuts it and c3 off from everybody else (event %d).", cutAt),
		fmt.Sprintf("n2 stands for election and is promised by n3, n4 and n5 (event %d). The messages to n1 are lost.", cutAt+1),
		fmt.Sprintf("c1 puts 99 to k1: n2 leads it through, and c1 is told (event %d).", p.run.Ops[first].Return),
		fmt.Sprintf("c3 asks n1 for k1 (event %d). n1 still takes itself for the leader and does not ask a quorum.", p.run.Ops[second].Call),
		fmt.Sprintf("It answers %s from its own state: a value that had been overwritten before c3 asked (event %d).", p.stale, p.event),
	}
}

// wantFirst has n1 stand for election until it leads.
func (p *play) wantFirst() {
	if p.leader != 1 && !p.cut {
		p.stand(1)
	}
	p.after(20*ms, p.wantFirst)
}

// write plays a write through n2 that is answered.
func (p *play) write(who, text string) (op int) {
	at := len(p.run.Ops)
	p.run.Ops = append(p.run.Ops, timeline.Op{Client: who, Process: 8, Text: text, Out: "ok", Outcome: "ok", Call: p.event, CallAt: p.now})
	p.tell("call", who, timeline.Record{Name: "call", Text: text})
	p.slot++
	p.send1(who, "n2", "Request", "Request "+text)
	began := p.now
	for _, to := range []string{"n3", "n4", "n5"} {
		p.now = began
		p.send1("n2", to, "Accept", fmt.Sprintf("Accept %s slot %d [%s]", p.ballot(), p.slot, text))
		p.now += 400 * us
		p.tell("sync", to, timeline.Record{})
		p.send1(to, "n2", "Accepted", fmt.Sprintf("Accepted %s slot %d", p.ballot(), p.slot))
	}
	p.learn(2, p.slot)
	p.send1("n2", who, "Reply", "Reply ok")
	p.run.Ops[at].Return, p.run.Ops[at].ReturnAt, p.run.Ops[at].Slot = p.event, p.now, p.slot
	p.tell("return", who, timeline.Record{Name: "return", Peer: "n2", Text: text + " = ok", Slot: p.slot})
	p.done = append(p.done, p.now)
	return at
}

// send1 sends a message that arrives, and waits for it.
func (p *play) send1(from, to, kind, text string) {
	p.message++
	m := timeline.Record{Name: kind, Message: p.message, Peer: to, Text: text, Slot: p.slot}
	p.tell("send", from, m)
	p.now += 500*us + p.n(300)*us
	p.event++
	m.Peer = from
	p.lamport[to] = max(p.lamport[to], p.lamport[from])
	p.tell("recv", to, m)
}

// duel plays the end of Liveness.
func (p *play) duel(records int) {
	p.queue = p.queue[:0]
	for i := 1; i <= replicas; i++ {
		if r := &p.replicas[i]; r.down {
			r.down = false
			p.tell("start", name(i), timeline.Record{})
		} else if r.leading {
			r.leading = false
			p.tell("observe", name(i), timeline.Record{Name: "following", Text: "no longer leads"})
		}
	}
	p.event++
	p.tell("phase", "", timeline.Record{Name: "liveness", Text: "liveness"})
	healed := p.event
	p.healed = p.now
	var open []int
	for c := 1; c <= 2; c++ {
		who := "c" + strconv.Itoa(c)
		open = append(open, len(p.run.Ops))
		p.run.Ops = append(p.run.Ops, timeline.Op{Client: who, Process: 20, Text: fmt.Sprintf("put k%d 7", c), Outcome: "open", Call: p.event, CallAt: p.now})
		p.tell("call", who, timeline.Record{Name: "call", Text: fmt.Sprintf("put k%d 7", c)})
		p.event++
	}
	p.leader = 0
	for turn := 0; len(p.run.Records) < records; turn++ {
		i := 2 + turn%2*2
		p.round++
		ballot := fmt.Sprintf("%d.%d", p.round, i)
		began := p.now
		p.tell("timer", name(i), timeline.Record{Name: "election"})
		p.tell("log", name(i), timeline.Record{Text: "stands for election in ballot " + ballot, Ballot: ballot})
		for _, j := range slices.Backward([]int{1, 2, 3, 4, 5}) {
			if j == i {
				continue
			}
			p.now = began
			p.send1(name(i), name(j), "Prepare", "Prepare "+ballot)
			p.replicas[j].promised = ballot
			p.state(j)
			if p.n(3) > 0 {
				p.send1(name(j), name(i), "Promise", "Promise "+ballot)
			}
		}
		p.now = began + 4*ms + p.n(3*ms)
		p.event++
	}
	slices.SortStableFunc(p.run.Records, func(a, b timeline.Record) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return 0
	})
	p.tell("VIOLATION", "", timeline.Record{Text: "liveness: c1 and c2 are not answered"})
	p.run.Witness = open
	p.run.Story = []string{
		fmt.Sprintf("All faults end (event %d). Nobody leads.", healed),
		fmt.Sprintf("c1 calls put k1 7 and c2 calls put k2 7 (event %d).", healed+1),
		"n2 and n4 stand for election in turn: each Prepare overtakes the Accepts of the ballot before it.",
		fmt.Sprintf("The ballots reach %d.4, and no slot is chosen (event %d).", p.round, p.event),
	}
}

// finish adds what is known at the end.
func (p *play) finish(verdict, fingerprint, detail string) {
	t := p.run
	t.Verdict, t.Fingerprint, t.Detail = verdict, fingerprint, detail
	slices.SortStableFunc(t.Records, func(a, b timeline.Record) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return 0
	})
	for i := range t.Records { // events in the order of their times, as in a run
		if i > 0 && t.Records[i].Event < t.Records[i-1].Event {
			t.Records[i].Event = t.Records[i-1].Event
		}
	}
	t.Events = t.Records[len(t.Records)-1].Event
	t.End = t.Records[len(t.Records)-1].At
	t.TraceHash = fmt.Sprintf("%016x", uint64(p.n(1<<62)))
	t.Series = p.series()
}

// series counts over time.
func (p *play) series() []timeline.Series {
	step := max(p.run.End/60, 1)
	finished := timeline.Series{Name: "operations finished"}
	latency := timeline.Series{Name: "latency, us"}
	ballots := timeline.Series{Name: "highest ballot"}
	done, record, round := 0, 0, int64(0)
	for at := int64(0); at <= p.run.End; at += step {
		from := done
		for done < len(p.done) && p.done[done] < at+step {
			done++
		}
		finished.At, finished.Values = append(finished.At, at), append(finished.Values, int64(done-from))
		for ; record < len(p.run.Records) && p.run.Records[record].At < at+step; record++ {
			r, _, _ := cutBallot(p.run.Records[record].Ballot)
			round = max(round, r)
		}
		ballots.At, ballots.Values = append(ballots.At, at), append(ballots.Values, round)
		var sum, n int64
		for i := range p.run.Ops {
			if op := &p.run.Ops[i]; op.Outcome == "ok" && op.ReturnAt >= at && op.ReturnAt < at+step {
				sum, n = sum+(op.ReturnAt-op.CallAt)/us, n+1
			}
		}
		latency.At, latency.Values = append(latency.At, at), append(latency.Values, sum/max(n, 1))
	}
	return []timeline.Series{finished, latency, ballots}
}

func cutBallot(text string) (round, replica int64, err error) {
	_, err = fmt.Sscanf(text, "%d.%d", &round, &replica)
	return round, replica, err
}
