package timeline

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A fault is told with how long it lasts, and without its time, which the sentence has.
func TestFaultText(t *testing.T) {
	for text, want := range map[string]string{
		"120ms +300ms partition {n1 n2 | n3}": "partition {n1 n2 | n3} begins, for 300ms",
		"120ms until healed mute n1":          "mute n1 begins, until healed",
		"120ms for good isolate n3":           "isolate n3 begins, for good",
	} {
		require.Equal(t, want, faultText(text))
	}
}

// Of the faults, a story tells those that kept from a replica what matters: here its pause, since it is the one that the violation is about, and not that of another.
func TestStoryTellsOfAPause(t *testing.T) {
	records := []Record{
		{Event: 1, Kind: "call", Who: "c1", Name: "c1#1", Text: "#1 get k0"},
		{Event: 2, Kind: "fault", Name: "pause", Text: "1ms +2ms pause n1"},
		{Event: 3, Kind: "fault", Name: "pause", Text: "1ms +2ms pause n2"},
		{Event: 4, Kind: "durable", Name: "chosen", Who: "n3", Slot: 2, Ballot: "1.3", Value: "c2#1"},
		{Event: 5, Kind: "VIOLATION", Who: "n1", Slot: 2, Text: "read: from a state of the past"},
	}
	line := Timeline{
		Nodes: 3, Clients: 2, Records: records, Verdict: "violation", Fingerprint: "read: from a state of the past",
		Detail: "n1 answered the read c1#1 as after slot 1, and slot 2 had been applied before", Ops: []Op{{Name: "c1#1", Text: "get k0"}, {Name: "c2#1", Text: "put k0 1"}},
	}
	f := line.focus()
	require.True(t, f.struck(&records[1]))
	require.False(t, f.struck(&records[2]))
	require.True(t, f.operation("c1#1"), "the violation names it")
}
