package timeline_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/scenarios/timeline"
)

// sold is a run in which c1 and c2 are both told something, between 10 and 12 milliseconds, that only one may be told. What else there is to it is added to it.
func sold(fingerprint, detail string, witness []int, more ...timeline.Record) *timeline.Timeline {
	const ms = 1_000_000
	t := &timeline.Timeline{
		Verdict: "violation", Fingerprint: fingerprint, Detail: detail, Nodes: 2, Clients: 2, End: 90 * ms, Witness: witness,
		Ops: []timeline.Op{
			{Client: "c1", Name: "c1#1", Text: "insert k0 1", Outcome: "ok", Out: "1", CallAt: 10 * ms, ReturnAt: 11 * ms},
			{Client: "c2", Name: "c2#1", Text: "insert k0 2", Outcome: "ok", Out: "1", CallAt: 10 * ms, ReturnAt: 12 * ms},
			{Client: "c2", Name: "c2#2", Text: "get k0", Outcome: "ok", Out: "2", CallAt: 40 * ms, ReturnAt: 41 * ms},
		},
	}
	t.Records = append([]timeline.Record{
		{At: 10 * ms, Kind: "call", Who: "c1", Name: "c1#1", Text: "#1 insert k0 1"},
		{At: 10 * ms, Kind: "call", Who: "c2", Name: "c2#1", Text: "#1 insert k0 2"},
		{At: 11 * ms, Kind: "return", Who: "c1", Peer: "n1", Name: "c1#1", Text: "#1 insert k0 1 = 1"},
		{At: 12 * ms, Kind: "return", Who: "c2", Peer: "n2", Name: "c2#1", Text: "#1 insert k0 2 = 1"},
		{At: 40 * ms, Kind: "call", Who: "c2", Name: "c2#2", Text: "#2 get k0"},
		{At: 41 * ms, Kind: "return", Who: "c2", Peer: "n2", Name: "c2#2", Text: "#2 get k0 = 2"},
		{At: 60 * ms, Kind: "phase", Text: "all faults end; the cluster must recover"},
		{At: 90 * ms, Kind: "VIOLATION", Name: fingerprint, Text: detail},
	}, more...)
	for i := range more { // in order of time
		for j := len(t.Records) - len(more) + i; j > 0 && t.Records[j-1].At > t.Records[j].At; j-- {
			t.Records[j-1], t.Records[j] = t.Records[j], t.Records[j-1]
		}
	}
	for i := range t.Records {
		t.Records[i].Event = uint64(i + 1)
	}
	return t
}

func fault(at int64) timeline.Record {
	return timeline.Record{At: at * 1_000_000, Kind: "fault", Name: "partition", Text: "0s +1ms partition {n1 | n2}"}
}

// A fault that begins when the last operation has returned that matters is no cause of what they saw. What a replica did wrong is found when it does it.
func TestLaterFaultsAreNoCause(t *testing.T) {
	const partition = "partition {n1 | n2} begins, for 1ms"
	for name, run := range map[string]*timeline.Timeline{
		"a history that no order explains": sold("linearizability: not linearizable", "", []int{0, 1}, fault(5), fault(30)),
		"a rule of the scenario":           sold("room: double booking", "c1 and c2 have it, by c1#1 and c2#1", nil, fault(5), fault(30)),
	} {
		story := strings.Join(run.Tell(), "\n")
		require.Contains(t, story, "5.000ms: "+partition, name)
		require.NotContains(t, story, "30.000ms: ", name)
		require.Contains(t, story, "all faults end", name)
	}
	story := strings.Join(sold("livelock: no time passes", "", nil, fault(5), fault(30)).Tell(), "\n")
	require.Contains(t, story, "30.000ms: "+partition)
}

// What breaks a scenario's own rule is operations: the story tells of those that the violation names, or of all that completed.
func TestStoryOfARule(t *testing.T) {
	named := sold("room: double booking", "both have it, by c1#1 and c2#1", nil)
	require.Equal(t, []string{
		"10.000ms: c1 asks: insert k0 1 (c1#1); n1 answers 1 at 11.000ms",
		"10.000ms: c2 asks: insert k0 2 (c2#1); n2 answers 1 at 12.000ms",
		"90.000ms: violation of room: both have it, by c1#1 and c2#1",
	}, named.Tell(), "no fault ends where there was none")
	all := sold("room: double booking", "both have it", nil)
	require.Equal(t, []string{
		"10.000ms: c1 asks: insert k0 1 (c1#1); n1 answers 1 at 11.000ms",
		"10.000ms: c2 asks: insert k0 2 (c2#1); n2 answers 1 at 12.000ms",
		"40.000ms: c2 asks: get k0 (c2#2); n2 answers 2 at 41.000ms",
		"90.000ms: violation of room: both have it",
	}, all.Tell())
}
