package netsim

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
	"simrun/sim"
	"simrun/sim/stream"
)

// A set has what was added, replicas and clients with low numbers and with high ones.
func TestSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		addr := rapid.Custom(func(t *rapid.T) node.Addr {
			n := rapid.IntRange(1, 300).Draw(t, "number")
			if rapid.Bool().Draw(t, "client") {
				return node.Client(n).Addr()
			}
			return node.ID(n).Addr()
		})
		in := map[node.Addr]bool{}
		var s Set
		for _, a := range rapid.SliceOfN(addr, 0, 20).Draw(t, "added") {
			s.Add(a)
			in[a] = true
		}
		for n := 1; n <= 300; n++ {
			for _, a := range []node.Addr{node.ID(n).Addr(), node.Client(n).Addr()} {
				require.Equal(t, in[a], s.Has(a), "%v", a)
				require.True(t, (&Set{all: true}).Has(a))
			}
		}
	})
}

// The forecast that a link keeps is what the rules in force come to, whatever rules came and went since it was made.
func TestForecast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := traffic{kernel: &sim.Kernel{}}
		x.kernel.Reset(1)
		x.reset(Config{Drop: 10}, 3)
		addr := rapid.SampledFrom([]node.Addr{node.ID(1).Addr(), node.ID(2).Addr(), node.ID(3).Addr(), node.Client(1).Addr(), node.Client(9).Addr()})
		some := func() Set { return SetOf(rapid.SliceOf(addr).Draw(t, "set")...) }
		small := func(name string) uint64 { return rapid.Uint64Range(0, 2).Draw(t, name) }
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0, 1:
				x.AddRule(int(small("id")), Rule{
					From: some(), To: some(), Block: small("block") == 1, Nth: small("nth"), Drop: small("drop") * 10, Duplicate: small("duplicate"), Reorder: small("reorder"),
					Delay: int64(small("delay")), Bandwidth: int64(small("bandwidth")), Backlog: int64(small("backlog")), HoldBack: small("hold") == 1,
				})
			case 2:
				x.RemoveRule(int(small("id")))
			case 3:
				if small("calm") == 0 {
					x.Calm(func(id int) bool { return id == 1 })
				}
			case 4:
				if small("again") == 0 {
					x.reset(Config{Drop: small("drop") * stream.Million / 2}, 3)
				}
			default:
				from, to := addr.Draw(t, "from"), addr.Draw(t, "to")
				if from.IsClient() && to.IsClient() {
					continue
				}
				link, _ := x.links.at(from, to)
				fresh := forecast{rules: []int32{}}
				x.foresee(&fresh, from, to)
				got := *x.forecast(link, from, to)
				require.Equal(t, fresh.clear(x.edition), got.clear(x.edition))
				got.rules = append([]int32{}, got.rules...)
				require.Equal(t, fresh, got)
			}
		}
	})
}
