package multipaxos

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
)

// The ring holds exactly what a map would.
func TestLogIsAMapAboveAFloor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l slots
		model := map[uint64]node.Ballot{}
		floor, last := uint64(0), uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				slot := floor + rapid.Uint64Range(1, 300).Draw(t, "distance")
				b := node.Ballot(rapid.Uint64Range(1, 9).Draw(t, "ballot"))
				e := l.put(slot, b, nil, 0)
				require.Equal(t, entry{slot: slot, ballot: b}, *e)
				model[slot] = b
				last = max(last, slot)
			},
			"drop": func(t *rapid.T) {
				floor = rapid.Uint64Range(0, floor+400).Draw(t, "floor")
				l.drop(floor)
				floor = max(floor, l.floor)
				last = max(last, floor)
				for slot := range model {
					if slot <= floor {
						delete(model, slot)
					}
				}
			},
			"": func(t *rapid.T) {
				require.Equal(t, floor, l.floor)
				require.Equal(t, last, l.last)
				require.Nil(t, l.at(0))
				for slot := floor - min(floor, 70); slot <= last+70; slot++ {
					e := l.at(slot)
					b, ok := model[slot]
					require.Equal(t, ok, e != nil, "slot %d", slot)
					if ok {
						require.Equal(t, b, e.ballot)
					}
				}
			},
		})
	})
}
