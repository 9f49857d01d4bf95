package gallery

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/scenarios"
)

// voters returns the replicas that have accepted the operation c1#1 on disk before the given event, and after it those
// that have learned its slot by the end.
func voters(c scenarios.Collected, value string, before uint64) (voted, learned []string) {
	slot := uint64(0)
	for _, r := range c.Timeline.Records {
		if r.Kind == "durable" && r.Name == "voted" && r.Value == value && r.Event < before {
			slot = r.Slot
			voted = append(voted, r.Who)
		}
	}
	for _, r := range c.Timeline.Records {
		if r.Kind == "observe" && r.Name == "learned" && r.Slot == slot {
			learned = append(learned, r.Who)
		}
	}
	clean := func(list []string) []string { slices.Sort(list); return slices.Compact(list) }
	return clean(voted), clean(learned)
}

// New York books with three of five; London and Tokyo are refused, and Tokyo and Berlin learn of it when they are back.
func TestMeetingRoom(t *testing.T) {
	c := told(t, "meeting-room")
	require.Equal(t, []string{
		"c1 insert k0 1 = 1",
		"c4 insert k0 4 = 0",
		"c2 insert k0 2 = 0",
		"c3 get k0 = 1",
		"c4 get k0 = 1",
	}, seen(c)[:5])
	booked := c.Timeline.Ops[0]
	voted, learned := voters(c, "c1#1", booked.Return)
	require.Equal(t, []string{"n1", "n2", "n3"}, voted)
	require.Equal(t, []string{"n1", "n2", "n3", "n4", "n5"}, learned)
	tokyo := c.Timeline.Ops[1]
	require.Greater(t, tokyo.ReturnAt, int64(700_000_000), "not before the network is back")
}

// With a calendar for each office Tokyo gets the room too.
func TestMeetingRoomUncoordinated(t *testing.T) {
	c := told(t, "meeting-room-uncoordinated")
	require.Contains(t, seen(c), "c1 insert k0 1 = 1")
	require.Contains(t, seen(c), "c4 insert k0 4 = 1")
	require.Contains(t, c.Verdict.Detail, "c1 and c4 were both told that they have room k0")
}
