package timeline

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// happenings draws a run of messages among a few lanes, and says of every record which ones it follows from directly.
func happenings(t *rapid.T) (records []Record, causes [][]int) {
	who := []string{"n1", "n2", "n3", "c1", "c2"}
	last := map[string]int{}
	under := map[uint64]int{} // messages under way: the record that sent each
	next := uint64(0)
	for range rapid.IntRange(1, 40).Draw(t, "records") {
		var r Record
		var from []int
		arrives := rapid.Bool().Draw(t, "arrives")
		if arrives && len(under) > 0 {
			var ids []uint64
			for id := range under {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			id := rapid.SampledFrom(ids).Draw(t, "message")
			r = Record{Kind: "recv", Who: rapid.SampledFrom(who).Draw(t, "to"), Message: id}
			from = append(from, under[id])
			delete(under, id)
		} else {
			next++
			r = Record{Kind: rapid.SampledFrom([]string{"send", "send", "copy", "log"}).Draw(t, "kind"), Who: rapid.SampledFrom(who).Draw(t, "who")}
			if r.Kind != "log" {
				r.Message = next
				under[next] = len(records)
			}
		}
		if p, ok := last[r.Who]; ok {
			from = append(from, p)
		}
		last[r.Who] = len(records)
		records, causes = append(records, r), append(causes, from)
	}
	return records, causes
}

// A vector clock is below another's exactly where one record happened before the other, and then so is its Lamport clock.
func TestClocksTellWhatHappenedBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records, causes := happenings(t)
		clocks := NewClocks(3, 2, true)
		before := make([]map[int]bool, len(records))
		for i := range records {
			clocks.Stamp(&records[i])
			before[i] = map[int]bool{}
			for _, j := range causes[i] {
				before[i][j] = true
				for k := range before[j] {
					before[i][k] = true
				}
			}
		}
		for i := range records {
			for j := range i {
				require.Equal(t, before[i][j], below(records[j].Clock, records[i].Clock), "%d %d", j, i)
				if before[i][j] {
					require.Less(t, records[j].Lamport, records[i].Lamport)
				}
			}
		}
		sorted := slices.Clone(records)
		Causal(sorted)
		require.True(t, slices.IsSortedFunc(sorted, func(a, b Record) int { return int(a.Lamport) - int(b.Lamport) }))
	})
}

func below(a, b []uint64) bool {
	for i := range a {
		if a[i] > b[i] {
			return false
		}
	}
	return !slices.Equal(a, b)
}

// What the testbed does comes after everything until then, and a crash after the fault that brought it about.
func TestClocksOfFaults(t *testing.T) {
	records := []Record{{Kind: "log", Who: "n1"}, {Kind: "log", Who: "n1"}, {Kind: "fault"}, {Kind: "crash", Who: "n2"}, {Kind: "start", Who: "n2"}}
	clocks := NewClocks(2, 0, false)
	for i := range records {
		clocks.Stamp(&records[i])
	}
	for i, want := range []uint64{1, 2, 3, 4, 5} {
		require.Equal(t, want, records[i].Lamport, "%d", i)
		require.Nil(t, records[i].Clock)
	}
}
