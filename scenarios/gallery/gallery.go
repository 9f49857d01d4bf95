package gallery

import (
	"fmt"
	"strings"

	"simrun/faults"
	"simrun/node"
	"simrun/node/machine"
	"simrun/node/multipaxos"
	"simrun/node/uncoordinated"
	"simrun/scenarios"
)

func init() {
	for _, s := range []scenarios.Scenario{
		bank(), bankUncoordinated(), meetingRoom(), meetingRoomUncoordinated(),
		paxosLog(), shardedStore(), lightweight(), lockService(), lockUnfenced(),
		inventory(), inventoryUncoordinated(), ledgerHonest(), ledgerLiar(), ledgerCaught(), learners(),
		mustAdopt(), duelNoBackoff(), duelBackoff(), duelDistinguished(),
		splitBrainBy(multipaxos.ReadLog, "split-brain", "through the log"),
		splitBrainBy(multipaxos.ReadIndex, "split-brain-read-index", "by read-index"),
		splitBrainBy(multipaxos.ReadLease, "split-brain-lease", "by lease"),
	} {
		scenarios.Register(s)
	}
}

// Short names for scripts.
const (
	ms = faults.Millisecond
	us = faults.Microsecond
)

// unordered returns what contrasts have in common in which nobody agrees on an order.
func unordered(newMachine func() machine.Machine) scenarios.Spec[uncoordinated.Message, *uncoordinated.Message] {
	return scenarios.Spec[uncoordinated.Message, *uncoordinated.Message]{
		Quorums: func(c *scenarios.Config) (phase1, phase2 int) { return c.Nodes, c.Nodes },
		Replica: func(id node.ID, c *scenarios.Config) node.Node[uncoordinated.Message] {
			return uncoordinated.New(id, replicas(c), newMachine())
		},
		SendOnce: true,
		Messages: 1,
	}
}

func replicas(c *scenarios.Config) []node.ID {
	ids := make([]node.ID, c.Nodes)
	for i := range ids {
		ids[i] = node.ID(i + 1)
	}
	return ids
}

// names lists operations, few enough for a sentence.
func names(list []string) string {
	const most = 8
	switch {
	case len(list) == 0:
		return "nobody"
	case len(list) > most:
		return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
	}
	return strings.Join(list, ", ")
}

// addrs returns the addresses of replicas.
func addrs(ids ...node.ID) []node.Addr {
	list := make([]node.Addr, len(ids))
	for i, id := range ids {
		list[i] = id.Addr()
	}
	return list
}

// with appends the addresses of clients.
func with(list []node.Addr, clients ...node.Client) []node.Addr {
	for _, c := range clients {
		list = append(list, c.Addr())
	}
	return list
}

func ids(list ...node.ID) []node.ID { return list }

func groups(list ...[]node.Addr) [][]node.Addr { return list }

func clientOf(n int64) node.Client { return node.Client(n) }
