package scenarios

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/faults"
	"simrun/sim"
)

func drawn(t testing.TB, name string, seed uint64) (Scenario, Input) {
	s, err := Find(name)
	require.NoError(t, err)
	in := Input{Seed: seed}
	in.Config, in.Plan = s.Draw(seed, profile(t, faults.Default))
	return s, in
}

// Collecting changes nothing of a run, and tells the same twice.
func TestCollectIsTheRun(t *testing.T) {
	for _, name := range []string{"kv", "single-decree"} {
		for seed := range uint64(4) {
			s, in := drawn(t, name, seed)
			plain := Run(s.NewCluster(), in)
			one, err := Collect(context.Background(), s, in, CollectOptions{Vector: true})
			require.NoError(t, err)
			require.Equal(t, plain, one.Result)
			two, err := Collect(context.Background(), s, in, CollectOptions{Vector: true})
			require.NoError(t, err)
			require.Equal(t, one, two)
			text, err := json.Marshal(one.Timeline)
			require.NoError(t, err)
			again, err := json.Marshal(two.Timeline)
			require.NoError(t, err)
			require.Equal(t, string(text), string(again))
		}
	}
}

// A message keeps its number from its sending to its one end, and whoever it comes from and goes to. Nothing else has a number.
func TestMessagesAreNumbered(t *testing.T) {
	kinds := map[string]int{}
	for seed := range uint64(6) {
		for _, name := range []string{"kv", "single-decree"} {
			s, in := drawn(t, name, seed)
			got, err := Collect(context.Background(), s, in, CollectOptions{MaxRecords: 1 << 20})
			require.NoError(t, err)
			require.Empty(t, got.Timeline.Cut)
			type way struct{ from, to, name string }
			under, sent := map[uint64]way{}, map[uint64]bool{}
			for _, r := range got.Timeline.Records {
				kinds[r.Kind]++
				switch r.Kind {
				case "send", "copy":
					require.False(t, sent[r.Message], "%+v", r)
					require.Positive(t, r.Message)
					sent[r.Message] = true
					under[r.Message] = way{r.Who, r.Peer, r.Name}
				case "lost":
					require.Equal(t, way{r.Who, r.Peer, r.Name}, under[r.Message])
					delete(under, r.Message)
				case "recv", "deaf":
					require.Equal(t, way{r.Peer, r.Who, r.Name}, under[r.Message])
					delete(under, r.Message)
				default:
					require.Zero(t, r.Message, "%+v", r)
				}
			}
		}
	}
	for _, k := range []string{"send", "copy", "lost", "recv", "deaf", "durable", "timer"} {
		require.Positive(t, kinds[k], k)
	}
}

// What is durable is told once, not again after every crash.
func TestDurableIsToldOnce(t *testing.T) {
	crashes := uint64(0)
	for seed := range uint64(20) {
		s, in := drawn(t, "single-decree", seed)
		got, err := Collect(context.Background(), s, in, CollectOptions{})
		require.NoError(t, err)
		crashes += got.Stats.Crashes
		told := map[[3]string]bool{}
		for _, r := range got.Timeline.Records {
			if r.Kind == "durable" && r.Name == "voted" { // a vote is a promise too, which so comes twice
				key := [3]string{r.Who, r.Name, r.Ballot}
				require.False(t, told[key], "%+v", r)
				told[key] = true
			}
		}
	}
	require.Positive(t, crashes)
}

// The operations of a timeline are those of the history, each with the event and time of its call and end.
func TestCollectedOperations(t *testing.T) {
	s, in := drawn(t, "kv", 3)
	got, err := Collect(context.Background(), s, in, CollectOptions{})
	require.NoError(t, err)
	ops := got.Timeline.Ops
	require.EqualValues(t, got.Stats.Called, len(ops))
	finished, unknown := 0, 0
	for i, o := range ops {
		require.True(t, i == 0 || ops[i-1].Call <= o.Call)
		require.Positive(t, o.Call)
		switch o.Outcome {
		case "ok":
			finished++
			require.Greater(t, o.Return, o.Call)
			require.GreaterOrEqual(t, o.ReturnAt, o.CallAt)
		case "unknown":
			unknown++
			require.Greater(t, o.GaveUp, o.Call)
			require.Zero(t, o.Return)
		}
	}
	require.EqualValues(t, got.Stats.Finished, finished)
	require.EqualValues(t, got.Stats.Unknown, unknown)
	counted := int64(0)
	for _, x := range got.Timeline.Series {
		require.Len(t, x.Values, len(x.At))
		require.True(t, slices.IsSorted(x.At), x.Name)
		if x.Name == "operations in 100 ms" {
			for _, v := range x.Values {
				counted += v
			}
		}
	}
	require.EqualValues(t, finished, counted)
	begun := uint64(0)
	for _, n := range got.Stats.Faults {
		begun += n
	}
	require.EqualValues(t, begun, len(got.Timeline.Faults))
	for _, f := range got.Timeline.Faults {
		require.LessOrEqual(t, f.From, f.Until)
		require.Contains(t, f.Text, in.Plan.Faults[f.Index].Describe(s.MessageNames()))
	}
}

// States are told where they change, and only there.
func TestCollectedStates(t *testing.T) {
	for _, name := range []string{"kv", "single-decree"} {
		s, in := drawn(t, name, 4)
		got, err := Collect(context.Background(), s, in, CollectOptions{})
		require.NoError(t, err)
		last := map[string][]string{}
		for _, x := range got.Timeline.States {
			require.NotEqual(t, last[x.Who], x.Lines)
			last[x.Who] = x.Lines
		}
		require.Len(t, last, in.Config.Nodes)
	}
}

// A long run is cut to its end, with what must be known of its beginning, and says so.
func TestCollectIsBounded(t *testing.T) {
	s, in := drawn(t, "kv", 5)
	whole, err := Collect(context.Background(), s, in, CollectOptions{MaxRecords: 1 << 20})
	require.NoError(t, err)
	require.Empty(t, whole.Timeline.Cut)
	for _, bound := range []int{1, 2, 50, 333, 1000} {
		got, err := Collect(context.Background(), s, in, CollectOptions{MaxRecords: bound})
		require.NoError(t, err)
		records := got.Timeline.Records
		require.LessOrEqual(t, len(records), bound)
		require.LessOrEqual(t, len(got.Timeline.Ops), bound)
		require.LessOrEqual(t, len(got.Timeline.States), bound)
		require.Contains(t, got.Timeline.Cut, "left out")
		end := whole.Timeline.Records
		require.Equal(t, end[len(end)-1], records[len(records)-1])
		for i := 1; i < len(records); i++ {
			require.LessOrEqual(t, records[i-1].Event, records[i].Event)
		}
		if bound == 1000 {
			require.Equal(t, "start", records[0].Kind)
		}
	}
}

func TestCollectStops(t *testing.T) {
	s, in := drawn(t, "kv", 5)
	got, err := Collect(context.Background(), s, in, CollectOptions{MaxEvents: 100})
	require.ErrorContains(t, err, "not over after 100 events")
	require.EqualValues(t, 100, got.Timeline.Events)
	ctx, cancel := context.WithCancel(context.Background())
	_, err = Collect(ctx, s, in, CollectOptions{Progress: func(uint64) { cancel() }})
	require.ErrorIs(t, err, context.Canceled)
}

// However long a run is, there are between half the bound and the bound of checkpoints, evenly spaced, and one at every event
// of the end. Following them tells the first at which another run differs.
func TestCheckpoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.Uint64Range(1, 5000).Draw(t, "length")
		var c checkpoints
		hash := func(event uint64) sim.Hash { return sim.Hash(event * 7919) }
		for e := uint64(1); e <= length; e++ {
			c.add(Checkpoint{e, hash(e)})
		}
		all := c.all()
		require.LessOrEqual(t, len(all), maxCheckpoints+lastCheckpoints)
		require.GreaterOrEqual(t, uint64(len(all)), min(length, maxCheckpoints/2))
		for i, p := range all {
			require.Equal(t, hash(p.Event), p.Hash)
			require.True(t, i == 0 || all[i-1].Event < p.Event)
		}
		for back := range min(length, lastCheckpoints) {
			require.Equal(t, length-back, all[uint64(len(all)-1)-back].Event)
		}

		differs := rapid.Uint64Range(1, length+1).Draw(t, "differs")
		f := Follow(all)
		for e := uint64(1); e <= length; e++ {
			h := hash(e)
			if e >= differs {
				h++
			}
			f.Event(e, h)
		}
		matched, first := uint64(0), uint64(0)
		for _, p := range all {
			if p.Event < differs {
				matched = p.Event
			} else if first == 0 {
				first = p.Event
			}
		}
		require.Equal(t, matched, f.Matched)
		require.Equal(t, first, f.Differs)
	})
	for _, bad := range []string{"", "5", "x 0123456789abcdef", "5 xyz"} {
		var p Checkpoint
		require.ErrorContains(t, p.UnmarshalText([]byte(bad)), "is not a checkpoint", bad)
	}
}

// Every protocol of a scenario puts its state in words, of "name value".
func TestDescribe(t *testing.T) {
	for _, s := range All() {
		_, in := drawn(t, s.Name, 1)
		c := s.NewCluster()
		c.Reset(in)
		require.Nil(t, c.Describe(1), "it is not up yet")
		c.Run(500)
		before := c.Hash()
		lines := c.Describe(1)
		require.NotEmpty(t, lines)
		for _, l := range lines {
			name, value, _ := strings.Cut(l, " ")
			require.NotEmpty(t, name)
			require.NotEmpty(t, value)
		}
		require.Equal(t, lines, c.Describe(1))
		require.Equal(t, before, c.Hash())
		require.Nil(t, c.Describe(0))
		require.Nil(t, c.Describe(100))
	}
}
