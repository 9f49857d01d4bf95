package scenarios

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
	"simrun/sim"
)

func inputOf(t testing.TB, s Scenario, seed uint64, weather string) Input {
	t.Helper()
	in := Input{Seed: seed}
	in.Config, in.Plan = s.Draw(seed, profile(t, weather))
	return in
}

// tracedRun runs the input and returns the records that are wanted, as text, with the result.
func tracedRun(t testing.TB, s Scenario, in Input, wanted func(sim.Record) bool) (list []sim.Record, r Result) {
	t.Helper()
	require.NoError(t, s.Check(in))
	c := s.NewCluster()
	defer c.Close()
	c.Reset(in)
	c.Trace(func(r sim.Record) {
		if wanted(r) {
			list = append(list, r)
		}
	})
	v, done := c.Run(1 << 40)
	require.True(t, done)
	return list, Result{Input: in, Verdict: v, Hash: c.Hash(), Stats: c.Stats()}
}

// Operations that are skipped are not called; the others are about what they were about.
func TestSkip(t *testing.T) {
	s, err := Find("single-decree")
	require.NoError(t, err)
	in := inputOf(t, s, 3, faults.Calm)
	in.Config.Operations, in.Config.Clients, in.Config.Horizon = 6, 2, faults.Second
	calls := func(in Input) (texts []string) {
		list, r := tracedRun(t, s, in, func(r sim.Record) bool { return r.Kind == sim.Called })
		require.Empty(t, r.Verdict.Fingerprint)
		for _, r := range list {
			texts = append(texts, r.Text[3:]) // without the client's own number
		}
		return texts
	}
	all := calls(in)
	require.Len(t, all, 8, "six operations, and one more of each client in the end")
	in.Skip = []int{0, 3, 5}
	left := calls(in)
	require.ElementsMatch(t, []string{"propose 2", "propose 3", "propose 5"}, left[:3])
	require.ElementsMatch(t, []string{"propose 7", "propose 8"}, left[3:])
	in.Skip = []int{0, 1, 2, 3, 4, 5}
	require.ElementsMatch(t, []string{"propose 7", "propose 8"}, calls(in))
}

// A skipped operation leaves what others are about as it was, also where that is drawn.
func TestSkipKeepsLots(t *testing.T) {
	s, err := Find("kv")
	require.NoError(t, err)
	in := inputOf(t, s, 3, faults.Calm)
	in.Config.Clients, in.Config.Operations = 1, 20
	texts := func(in Input) map[string]bool {
		set := map[string]bool{}
		list, _ := tracedRun(t, s, in, func(r sim.Record) bool { return r.Kind == sim.Called })
		for i, r := range list {
			if i < in.Config.Operations-len(in.Skip) {
				_, what, _ := cutWord(r.Text)
				set[what] = true
			}
		}
		return set
	}
	all := texts(in)
	in.Skip = []int{4, 11}
	for what := range texts(in) {
		require.True(t, all[what], "%q was not among %v", what, all)
	}
}

func cutWord(s string) (word, rest string, found bool) {
	for i := range s {
		if s[i] == ' ' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// An exception keeps one message from arriving, and holds until the cluster is healed.
func TestFates(t *testing.T) {
	s, err := Find("single-decree")
	require.NoError(t, err)
	in := inputOf(t, s, 3, faults.Calm)
	in.Config.Nodes, in.Config.Clients, in.Config.Operations = 3, 1, 1
	in.Config.Drop = 0
	lost := func(r sim.Record) bool { return r.Kind == sim.Lost }
	none, _ := tracedRun(t, s, in, lost)
	require.Empty(t, none)
	for to := node.ID(1); to <= 3; to++ {
		in.Fates = append(in.Fates, Exception{Fate: netsim.Drop, From: node.Client(1).Addr(), To: to.Addr(), Kind: kindOf(t, "request"), Key: 1})
	}
	list, r := tracedRun(t, s, in, lost)
	require.NotEmpty(t, list)
	require.Equal(t, "Request #1", list[0].Text)
	require.Empty(t, r.Verdict.Fingerprint, "it goes the second time")

	in.Config.Horizon = 0
	list, _ = tracedRun(t, s, in, lost)
	require.Empty(t, list, "a healed cluster has no faults")
}

func kindOf(t testing.TB, text string) (k netsim.Kind) {
	t.Helper()
	require.NoError(t, k.UnmarshalText([]byte(text)))
	return k
}

// An exception that met its message is told among the faults, and one that did not is not.
func TestExceptionsAreTold(t *testing.T) {
	s, err := Find("single-decree")
	require.NoError(t, err)
	in := inputOf(t, s, 3, faults.Calm)
	in.Config.Nodes, in.Config.Clients, in.Config.Operations = 1, 1, 1
	lost := Exception{Fate: netsim.Drop, From: node.Client(1).Addr(), To: node.ID(1).Addr(), Kind: kindOf(t, "request"), Key: 1}
	never := lost
	never.Key = 99
	in.Fates = []Exception{never, lost}
	told, err := Collect(t.Context(), s, in, CollectOptions{})
	require.NoError(t, err)
	require.Len(t, told.Timeline.Faults, 1)
	f := told.Timeline.Faults[0]
	require.Equal(t, "message", f.Kind)
	require.Equal(t, []string{"c1", "n1"}, f.Nodes)
	require.Equal(t, lost.Describe(nil), f.Text)
	for _, r := range told.Timeline.Records {
		if r.Kind == "lost" {
			require.Equal(t, r.At, f.From)
		}
	}
}

// What struck messages is told as exceptions, which do the same without the faults.
func TestStrikes(t *testing.T) {
	s, err := Find("kv")
	require.NoError(t, err)
	in := inputOf(t, s, 5, faults.Default)
	in.Plan.Faults = []faults.Fault{
		{At: 0, For: 2 * faults.Second, Kind: faults.Drop, Rate: 100_000},
		{At: 0, Kind: faults.Slow, From: []node.Addr{node.ID(1).Addr()}, Delay: 2 * faults.Millisecond},
	}
	plain, _ := tracedRun(t, s, in, func(sim.Record) bool { return false })
	require.Empty(t, plain)

	var struck []Exception
	c := s.NewCluster()
	defer c.Close()
	c.Reset(in)
	c.Strikes(func(e Exception) { struck = append(struck, e) })
	v, _ := c.Run(1 << 40)
	require.NotEmpty(t, struck)
	messages := c.Stats().Net
	hash := c.Hash()
	c.Reset(in)
	c.Run(1 << 40)
	require.Equal(t, hash, c.Hash(), "to be told changes nothing")

	in.Plan.Faults, in.Fates = nil, struck
	_, r := tracedRun(t, s, in, func(sim.Record) bool { return false })
	require.Equal(t, v, r.Verdict)
	require.Equal(t, messages.Dropped, r.Stats.Net.Dropped)
	require.Equal(t, messages.Arrived, r.Stats.Net.Arrived)
}

// A run that is reseeded is the same up to the event, and another after it; the salt alone decides which.
func TestReseed(t *testing.T) {
	for _, s := range All() {
		in := inputOf(t, s, 4, faults.Default)
		everything := func(sim.Record) bool { return true }
		was, r := tracedRun(t, s, in, everything)
		point := r.Stats.Events / 2
		with := func(points ...Reseed) ([]sim.Record, Result) {
			in := in
			in.Reseed = points
			return tracedRun(t, s, in, everything)
		}
		is, other := with(Reseed{point, 7})
		require.NotEqual(t, r.Hash, other.Hash)
		n := 0
		for was[n].Event <= point {
			require.Equal(t, was[n], is[n])
			n++
		}
		_, again := with(Reseed{point, 7})
		require.Equal(t, other.Hash, again.Hash)
		_, third := with(Reseed{point, 8})
		require.NotEqual(t, other.Hash, third.Hash)
		_, twice := with(Reseed{point, 7}, Reseed{point + 20, 1})
		require.NotEqual(t, other.Hash, twice.Hash)
		_, late := with(Reseed{1 << 50, 7})
		require.Equal(t, r.Hash, late.Hash, "nothing is reseeded after the end")

		// The cluster runs event by event as it does in one go.
		in.Reseed = []Reseed{{point, 7}}
		c := s.NewCluster()
		c.Reset(in)
		for e := uint64(1); ; e++ {
			if _, done := c.Run(e); done {
				break
			}
		}
		require.Equal(t, other.Hash, c.Hash())
		c.Close()
	}
}

// Reseeding reaches what a replica draws itself.
func TestReseedReachesReplicas(t *testing.T) {
	draw := func(points ...Reseed) (drawn uint64) {
		s := rogues(func() *rogue {
			return &rogue{turn: func(env node.Env[whisper]) { drawn = env.Rand() }}
		})
		in := inputOf(t, s, 1, faults.Calm)
		oneOfEach(&in)
		in.Config.Think = 0
		in.Reseed = points
		tracedRun(t, s, in, func(sim.Record) bool { return false })
		return drawn
	}
	require.NotZero(t, draw())
	require.Equal(t, draw(), draw())
	require.NotEqual(t, draw(), draw(Reseed{5, 1}))
	require.NotEqual(t, draw(Reseed{5, 2}), draw(Reseed{5, 1}))
}

// What reduces a run is refused where it makes no sense, and comes back from JSON as it was.
func TestInputIsChecked(t *testing.T) {
	s, err := Find("kv")
	require.NoError(t, err)
	good := func() Input {
		in := inputOf(t, s, 3, faults.Calm)
		in.Config.Nodes, in.Config.Clients, in.Config.Operations = 3, 2, 10
		in.Skip = []int{0, 5, 9}
		in.Fates = []Exception{
			{Fate: netsim.Drop, From: node.ID(1).Addr(), To: node.ID(2).Addr(), Kind: 3, Key: 9, Attempt: 1, Note: "Accept"},
			{Fate: netsim.Delay, From: node.Client(2).Addr(), To: node.ID(2).Addr(), Kind: kindOf(t, "request"), Key: 9, Delay: 5},
		}
		in.Reseed = []Reseed{{5, 1}, {6, 1}}
		return in
	}
	in := good()
	require.NoError(t, s.Check(in))
	text, err := json.Marshal(in)
	require.NoError(t, err)
	var back Input
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, in, back)
	require.Equal(t, in.Hash(), back.Hash())
	require.Equal(t, "drop n1 -> n2 Accept (sent for the 2. time)", in.Fates[0].Describe(nil))
	require.Equal(t, "delay c2 -> n2 message of kind request, key 9 by 5ns", in.Fates[1].Describe(nil))

	for want, spoil := range map[string]func(*Input){
		"skip: 10 is out of place":                     func(in *Input) { in.Skip = []int{10} },
		"skip: -1 is out of place":                     func(in *Input) { in.Skip = []int{-1} },
		"skip: 5 is out of place":                      func(in *Input) { in.Skip = []int{5, 5} },
		`exception 1: it needs a "fate"`:               func(in *Input) { in.Fates[0].Fate = 0 },
		"exception 1: the cluster has no n4 to send f": func(in *Input) { in.Fates[0].From = node.ID(4).Addr() },
		"exception 1: the cluster has no c3 to send t": func(in *Input) { in.Fates[0].To = node.Client(3).Addr() },
		`drop has no use for "delay"`:                  func(in *Input) { in.Fates[0].Delay = 1 },
		`the fate delay needs a "delay"`:               func(in *Input) { in.Fates[1].Delay = 0 },
		"out of range: it goes from 0 to 24 hours":     func(in *Input) { in.Fates[1].Delay = 25 * 3600 * faults.Second },
		"reseed: event 5 is out of place":              func(in *Input) { in.Reseed[1].Event = 5 },
		"at most 1000 are possible":                    func(in *Input) { in.Reseed = make([]Reseed, 1001) },
		"at most 100000 are possible":                  func(in *Input) { in.Fates = make([]Exception, 100_001) },
	} {
		in := good()
		spoil(&in)
		require.ErrorContains(t, s.Check(in), want)
		require.NotEqual(t, good().Hash(), in.Hash())
	}
}
