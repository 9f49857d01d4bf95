//go:build !race

package netsim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/sim/stream"
)

// A network that has warmed up allocates nothing, in any weather: what is copied for good comes out of large blocks.
func TestNoAllocations(t *testing.T) {
	one, all := SetOf(node.ID(1).Addr()), Everybody()
	for name, c := range map[string]struct {
		config Config
		rules  []Rule
	}{
		"calm":       {config: plain},
		"heavy tail": {config: Config{LatencyMean: 1000, Spread: HeavyTail}},
		"bandwidth":  {config: Config{Bandwidth: 100_000, Backlog: 500}},
		"connections": {
			config: Config{LatencyMean: 1000, Link: FIFO, Reconnect: 100},
			rules:  []Rule{{From: one, To: all, Drop: 100_000}},
		},
		"everything": {config: plain, rules: []Rule{
			{From: all, To: all, Drop: 100_000, Duplicate: 100_000, CopyMean: 100, Again: 100_000, AgainMin: 1000, Reorder: 100_000, HoldMean: 100},
			{From: one, To: all, Corrupt: 10_000, Delay: 10, Bandwidth: 100_000, Backlog: 200, Nth: 5},
			{From: all, To: one, Block: true, Period: 1000, Down: 500},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(1, c.config)
			for i, r := range c.rules {
				w.AddRule(i, r)
			}
			number, m := uint64(0), new(note)
			round := func() {
				w.AddRule(9, Rule{From: one, To: all, HoldBack: true, Drop: stream.Million / 2})
				for range 100 {
					number++
					*m = note{kind: 1, number: number}
					w.Send(1, node.ID(2+number%4), m)
					m.kind = 2
					w.Send(2, 1, m)
					w.SendRequest(3, 1, &node.Request{Seq: number})
					w.Net.Reply(1, 3, node.Reply{Seq: number})
				}
				w.RemoveRule(9)
				w.Run(1 << 40)
				w.inbox.got, w.inbox.left = w.inbox.got[:0], w.inbox.left[:0]
			}
			for range 200 {
				round()
			}
			require.Less(t, testing.AllocsPerRun(50, round), 1.0) // for 400 messages
		})
	}
}
