package scenarios

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
	"simrun/node/multipaxos"
	"simrun/sim"
)

// told runs the input and returns the lines of its trace of some kinds: who, and what.
func told(t *testing.T, in Input, kinds ...sim.RecordKind) (lines []string, stats Stats) {
	t.Helper()
	s, err := Find("kv")
	require.NoError(t, err)
	require.NoError(t, s.Check(in))
	c := s.NewCluster()
	c.Reset(in)
	c.Trace(func(r sim.Record) {
		for _, k := range kinds {
			if r.Kind == k {
				lines = append(lines, strings.TrimSpace(r.Who.String()+" "+r.Text))
			}
		}
	})
	v, done := c.Run(1 << 40)
	require.True(t, done)
	require.Equal(t, checker.Pass, v.Kind, "%v", v)
	return lines, c.Stats()
}

// The leader is whoever leads when the fault begins, and no longer the one that crashed: each fault cuts off or stops another, until as
// few are left as can lead.
func TestTheLeaderIsStruck(t *testing.T) {
	in := steady(t, 2000, false)
	in.Config.Horizon = 10 * faults.Second
	for i, kind := range []faults.Kind{faults.Crash, faults.Isolate, faults.Crash} {
		in.Plan.Faults = append(in.Plan.Faults, faults.Fault{At: faults.Span(2*i+2) * faults.Second, For: 1 * faults.Second, Kind: kind, Role: faults.Leader})
	}
	lines, stats := told(t, in, sim.Observed, sim.FaultOn)
	leader, struck := "", 0
	for _, line := range lines {
		who, text, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(text, "leads"):
			require.NotEqual(t, leader, who)
			leader = who
		case strings.Contains(text, "the leader"):
			require.True(t, strings.HasSuffix(text, ": it is "+leader), "%s leads: %s", leader, text)
			struck++
		}
	}
	require.Equal(t, 3, struck)
	require.Equal(t, uint64(3), stats.Roles[faults.Leader])
	require.Equal(t, uint64(2), stats.Crashes)
	require.GreaterOrEqual(t, stats.Elections, uint64(4))
	require.Positive(t, stats.Struck[faults.Isolate])
}

// A replica leads no more when it goes down, whatever the cause: a crash, a power cut, a disk that fails.
func TestWhoIsDownLeadsNoMore(t *testing.T) {
	spec := OnLog(newKV)
	spec.Workload = Registers{}
	c := newCluster(&spec).(*cluster[multipaxos.Message, *multipaxos.Message])
	fell := 0
	for seed := range uint64(30) {
		c.Reset(inputOf(t, kv(), seed, faults.Storm))
		led := make([]bool, c.config.Nodes+1)
		done := false
		for n := uint64(1); !done && !c.healed; n++ {
			_, done = c.Run(n)
			for id := node.ID(1); int(id) <= c.config.Nodes; id++ {
				up := c.host(id).Up()
				if led[id] && !up {
					fell++
				}
				led[id] = c.roles.leading[id] > 0
				require.False(t, led[id] && !up, "seed %d, event %d: n%d is down", seed, n, id)
			}
		}
	}
	require.Greater(t, fell, 10)
}

// Before anybody is elected there is no leader: the fault happens to the replica that it names, or to nobody. A candidate is whoever
// owns the highest ballot and has not won yet; who decided cast the last vote of a quorum.
func TestRolesNobodyHas(t *testing.T) {
	in := steady(t, 50, false)
	in.Config.Horizon = 10 * faults.Second
	in.Plan.Faults = []faults.Fault{
		{Kind: faults.Isolate, For: 1, Role: faults.Leader},
		{Kind: faults.Crash, For: 50 * faults.Millisecond, Role: faults.Candidate, Nodes: []node.ID{2}},
		{Kind: faults.Mute, For: 1, Role: faults.Decider},
	}
	lines, stats := told(t, in, sim.FaultOn, sim.Crashed)
	require.Equal(t, []string{
		"n0 0s +1ns isolate the leader against all: it is nobody",
		"n0 0s +50ms crash the candidate or n2: it is n2",
		"n2 2 unsynced writes lost, 0 torn, 0 with a hole", // it was being founded
		"n0 0s +1ns mute the decider against all: it is nobody",
	}, lines)
	require.Equal(t, [faults.NumRoles]uint64{}, stats.Roles)

	// With links so slow, the election takes from about 100 ms to 900 ms.
	in.Config.LatencyMin = 200 * faults.Millisecond
	in.Config.Knobs["election"], in.Config.Knobs["preVote"], in.Config.Knobs["checkQuorum"] = 100_000, 0, 0
	in.Plan.Faults = []faults.Fault{
		{At: 320 * faults.Millisecond, Kind: faults.FarNode, Role: faults.Candidate, Delay: 1},
	}
	lines, stats = told(t, in, sim.FaultOn, sim.Logged)
	require.Equal(t, uint64(1), stats.Roles[faults.Candidate])
	highest, owner := "", ""
	for _, line := range lines {
		who, text, _ := strings.Cut(line, " ")
		if ballot, ok := strings.CutPrefix(text, "stands for election in ballot "); ok && ballot > highest {
			highest, owner = ballot, who
		}
		if strings.Contains(text, "the candidate") {
			require.True(t, strings.HasSuffix(text, ": it is "+owner), "%s: %v", text, lines)
			return
		}
	}
	t.Fatal("the fault never began")
}

// A leader that crashed leads no more, and its connections break.
func TestACrashedLeader(t *testing.T) {
	in := steady(t, 500, false)
	in.Config.Horizon = 5 * faults.Second
	in.Config.Link = netsim.FIFO
	in.Plan.Faults = []faults.Fault{
		{At: 2 * faults.Second, For: 1 * faults.Second, Kind: faults.Crash, Role: faults.Leader},
		{At: 2*faults.Second + 1, For: 1, Kind: faults.Mute, Role: faults.Leader},
		{At: 4 * faults.Second, For: 1, Kind: faults.Mute, Role: faults.Decider},
	}
	lines, stats := told(t, in, sim.FaultOn)
	require.Len(t, lines, 3)
	require.Contains(t, lines[2], ": it is n")
	require.NotContains(t, lines[2], "nobody")
	require.Equal(t, uint64(1), stats.Roles[faults.Decider])
	require.Contains(t, lines[0], ": it is n")
	require.Contains(t, lines[1], ": it is nobody")
	require.Equal(t, uint64(1), stats.Roles[faults.Leader])
	require.GreaterOrEqual(t, stats.Net.Resets, uint64(4), "to each of the others")
	require.Zero(t, stats.Net.Dropped+stats.Net.Blocked)
}
