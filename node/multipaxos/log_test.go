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
				e.voters, e.chosen = voterSet{7, 7}, true // nothing of which the next entry in that place has
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

// What is dropped is gone, up to the floor and the floor itself, whether the ring is walked by slot or by place.
func TestLogDropsUpToItsFloor(t *testing.T) {
	for _, last := range []uint64{3, 15, 16, 17, 40} {
		for floor := range last + 2 {
			var l slots
			for slot := uint64(1); slot <= last; slot++ {
				l.put(slot, 1, nil, 0)
			}
			l.drop(floor)
			for slot := uint64(1); slot <= last; slot++ {
				require.Equal(t, slot > floor, l.at(slot) != nil, "slot %d of %d above %d", slot, last, floor)
			}
			require.Equal(t, max(last, floor), l.last)
		}
	}
}

// A log covers a slot if nothing is missing above the floor, up to that slot and no further.
func TestLogCovers(t *testing.T) {
	var l slots
	require.True(t, l.covers(0))
	require.False(t, l.covers(1))
	for _, slot := range []uint64{1, 2, 3, 5} {
		l.put(slot, 1, nil, 0)
	}
	for slot, covered := range []bool{true, true, true, true, false, false, false} {
		require.Equal(t, covered, l.covers(uint64(slot)), "%d", slot)
	}
	l.drop(4)
	require.True(t, l.covers(5))
	require.False(t, l.covers(6))
}
