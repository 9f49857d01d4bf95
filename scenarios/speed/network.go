package speed

import (
	"simrun/netsim"
	"simrun/node"
	"simrun/node/multipaxos"
	"simrun/sim"
)

// flood is a network alone: five ends that send on what they get.
type flood struct {
	net  *netsim.Net[multipaxos.Message, *multipaxos.Message]
	next multipaxos.Message
}

func (f *flood) Up(node.ID) bool { return true }

func (f *flood) Message(to, from node.ID, m *multipaxos.Message) bool {
	f.next = *m
	f.next.Slot += 8
	f.net.Send(to, from%5+1, &f.next)
	return true
}

func (f *flood) Request(node.ID, node.Client, *node.Request) bool { return false }
func (f *flood) Reply(node.Client, node.ID, *node.Reply)          {}
func (f *flood) Leaves(node.ID, *multipaxos.Message)              {}

// flooded returns a kernel with a network on which that many messages are under way. If it is rough, three rules are
// in force, that delay, hold up and hardly ever lose one: the number under way must stay about the same.
func flooded(pending int, rough bool) *sim.Kernel {
	k := &sim.Kernel{}
	f := &flood{}
	f.net = netsim.New[multipaxos.Message](k, f)
	k.Reset(1)
	f.net.Reset(netsim.Config{LatencyMin: 200_000, LatencyMean: 300_000}, 5)
	if rough {
		f.net.AddRule(0, netsim.Rule{From: netsim.Everybody(), To: netsim.Everybody(), Delay: 1000})
		f.net.AddRule(1, netsim.Rule{From: netsim.Everybody(), To: netsim.Everybody(), Reorder: 10_000, HoldMean: 1_000_000})
		f.net.AddRule(2, netsim.Rule{From: netsim.Everybody(), To: netsim.Everybody(), Drop: 1})
	}
	for i := range pending {
		f.net.Send(node.ID(i%5+1), node.ID((i+1)%5+1), &multipaxos.Message{Kind: multipaxos.Accepted, Ballot: 1 << 16, Slot: uint64(i + 1)})
	}
	return k
}

// perMessage returns the cpu nanoseconds that a message takes the kernel and the network together, with that many under way.
func perMessage(pending int, events uint64, rough bool) float64 {
	k := flooded(pending, rough)
	k.Run(uint64(pending))
	from, before := cpu(), k.Events()
	k.Run(before + events)
	return float64(cpu()-from) / float64(k.Events()-before)
}
