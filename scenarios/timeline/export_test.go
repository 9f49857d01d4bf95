package timeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
	"simrun/scenarios/timeline"
)

// runs are runs with every kind of fault, whole and cut short.
func runs(t *testing.T) (all []timeline.Timeline) {
	t.Helper()
	for _, records := range []int{2000, 300} {
		for _, name := range []string{"kv", "single-decree"} {
			for seed := range uint64(2) {
				all = append(all, collect(t, name, seed, records))
			}
		}
	}
	return all
}

func collect(t *testing.T, name string, seed uint64, records int) timeline.Timeline {
	t.Helper()
	s, err := scenarios.Find(name)
	require.NoError(t, err)
	profile, err := faults.FindProfile(faults.Default)
	require.NoError(t, err)
	in := scenarios.Input{Seed: seed}
	in.Config, in.Plan = s.Draw(seed, profile)
	told, err := scenarios.Collect(context.Background(), s, in, scenarios.CollectOptions{MaxRecords: records})
	require.NoError(t, err)
	return told.Timeline
}

func written(t *testing.T, write func(io.Writer, *timeline.Timeline) error, x *timeline.Timeline) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, write(&b, x))
	return b.String()
}

// A ShiViz log is read by the expression in its first line. On every host the own clock goes up by one from one event to the
// next, and no entry ever falls, which is what ShiViz demands.
func TestShiViz(t *testing.T) {
	for _, x := range runs(t) {
		text := written(t, timeline.WriteShiViz, &x)
		parser, log, ok := strings.Cut(text, "\n\n")
		require.True(t, ok)
		require.Equal(t, timeline.ShiVizParser, parser)
		found := regexp.MustCompile(strings.ReplaceAll(parser, "(?<", "(?P<")).FindAllStringSubmatch(log, -1)
		require.Len(t, found, strings.Count(log, "\n")/2)
		last := map[string]map[string]uint64{}
		for _, m := range found {
			var clock map[string]uint64
			require.NoError(t, json.Unmarshal([]byte(m[3]), &clock))
			host := m[2]
			require.Equal(t, last[host][host]+1, clock[host], "%s", m[0])
			for other, n := range last[host] {
				require.GreaterOrEqual(t, clock[other], n, "%s", m[0])
			}
			for other, n := range clock {
				if other != host {
					require.LessOrEqual(t, n, last[other][other], "knows of what has not happened: %s", m[0])
				}
			}
			last[host] = clock
		}
		require.Greater(t, len(last), 2)
	}
}

// Chrome trace JSON is valid, every flow has both its ends, in order, each inside a slice, and no slice has a negative length.
func TestChrome(t *testing.T) {
	for _, x := range runs(t) {
		var trace struct {
			TraceEvents []struct {
				Name, Cat, Ph string
				Ts, Dur       float64
				Pid, Tid      int
				ID            uint64
			}
		}
		require.NoError(t, json.Unmarshal([]byte(written(t, timeline.WriteChrome, &x)), &trace))
		type end struct {
			at  float64
			tid int
		}
		begun, ended := map[uint64]end{}, map[uint64]end{}
		slices := map[end]bool{}
		faults, ops := 0, 0
		for _, e := range trace.TraceEvents {
			require.GreaterOrEqual(t, e.Dur, 0.0)
			switch e.Ph {
			case "X":
				slices[end{e.Ts, e.Tid}] = true
				switch e.Cat {
				case "fault":
					faults++
				case "operation":
					ops++
				}
			case "s":
				require.NotContains(t, begun, e.ID)
				begun[e.ID] = end{e.Ts, e.Tid}
			case "f":
				require.NotContains(t, ended, e.ID)
				ended[e.ID] = end{e.Ts, e.Tid}
			}
		}
		require.NotEmpty(t, begun)
		require.Len(t, ended, len(begun))
		for id, from := range begun {
			require.Contains(t, ended, id)
			require.LessOrEqual(t, from.at, ended[id].at)
			require.True(t, slices[from] && slices[ended[id]], "%d", id)
		}
		require.Len(t, x.Faults, faults)
		require.Len(t, x.Ops, ops)
	}
}

// A diagram is bounded, its lanes are declared, and nothing in it is taken for Mermaid's own.
func TestMermaid(t *testing.T) {
	line := regexp.MustCompile(`^    (participant [nc]\d+|[nc]\d+(->>|-x)[nc]\d+: \S.*|Note over [nc]\d+(,n\d+)?: \S.*)$`)
	for _, x := range runs(t) {
		lines := strings.Split(strings.TrimSuffix(written(t, timeline.WriteMermaid, &x), "\n"), "\n")
		require.Equal(t, "sequenceDiagram", lines[0])
		require.LessOrEqual(t, len(lines), 260+x.Nodes+x.Clients)
		for _, l := range lines[1:] {
			require.Regexp(t, line, l)
			require.NotRegexp(t, `#[^35]|;[^ 0-9a-z#>+\-)]`, strings.ReplaceAll(l, "#35;", ""))
		}
	}
}

// A history has a line for every call, in order of time, and one for every end, of the same process; all of them, however few records are kept.
func TestHistory(t *testing.T) {
	ends := map[string]int{}
	for _, x := range runs(t) {
		open := map[string]float64{}
		calls, at, index := 0, 0.0, 0.0
		lines := strings.Split(strings.TrimSuffix(written(t, timeline.WriteHistory, &x), "\n"), "\n")
		require.Equal(t, fmt.Sprintf(`{"history":"simrun","version":1,"model":%q}`, x.Model), lines[0])
		for _, l := range lines[1:] {
			var line map[string]any
			require.NoError(t, json.Unmarshal([]byte(l), &line))
			require.Greater(t, line["index"], index)
			index = line["index"].(float64)
			require.GreaterOrEqual(t, line["time"], at)
			at = line["time"].(float64)
			op, kind := line["op"].(string), line["type"].(string)
			if kind == "invoke" {
				calls++
				open[op] = line["process"].(float64)
				continue
			}
			ends[kind]++
			require.Contains(t, []string{"ok", "fail", "info"}, kind)
			require.Equal(t, open[op], line["process"], l)
			delete(open, op)
		}
		require.Len(t, x.AllOps, calls)
		require.GreaterOrEqual(t, len(x.AllOps), len(x.Ops))
	}
	require.NotZero(t, ends["info"], "nobody gave up")
	kv := timeline.Timeline{
		Model: "kv",
		History: checker.History{Ops: []checker.Op{
			{Call: 1, Return: 4, Client: 1, Kind: checker.CAS, Key: 2, Arg: 0, Arg2: 7, Out: 5, Outcome: checker.OK, Slot: 3},
			{Call: 2, Return: 3, Client: 2, Kind: checker.Get, Key: 2, Out: 0, Outcome: checker.OK},
			{Call: 5, Return: checker.Never, Client: 3, Kind: checker.Put, Key: 2, Arg: 9, Outcome: checker.Unknown},
			{Call: 7, Return: checker.Never, Client: 4, Kind: checker.Get, Key: 2},
		}},
		AllOps: []timeline.Op{
			{Client: "c1", Name: "c1#1", Call: 11, CallAt: 10, Return: 14, ReturnAt: 40},
			{Client: "c2", Name: "c2#1", Call: 12, CallAt: 20, Return: 13, ReturnAt: 30},
			{Client: "c3", Name: "c3#1", Call: 15, CallAt: 50, GaveUp: 16, GaveUpAt: 60, Index: 6},
		},
	}
	require.Equal(t, `{"history":"simrun","version":1,"model":"kv"}
{"index":1,"process":1,"type":"invoke","f":"cas","key":2,"slot":3,"value":[null,7],"time":10,"event":11,"client":"c1","op":"c1#1"}
{"index":2,"process":2,"type":"invoke","f":"read","key":2,"value":null,"time":20,"event":12,"client":"c2","op":"c2#1"}
{"index":3,"process":2,"type":"ok","f":"read","key":2,"value":null,"time":30,"event":13,"client":"c2","op":"c2#1"}
{"index":4,"process":1,"type":"ok","f":"cas","key":2,"value":5,"time":40,"event":14,"client":"c1","op":"c1#1"}
{"index":5,"process":3,"type":"invoke","f":"write","key":2,"value":9,"time":50,"event":15,"client":"c3","op":"c3#1"}
{"index":6,"process":3,"type":"info","f":"write","key":2,"time":60,"event":16,"client":"c3","op":"c3#1"}
{"index":7,"process":4,"type":"invoke","f":"read","key":2,"value":null}
`, written(t, timeline.WriteHistory, &kv))
}

// A trace has a line for every record, which reads back as it was.
func TestTrace(t *testing.T) {
	x := collect(t, "kv", 1, 0)
	d := json.NewDecoder(strings.NewReader(written(t, timeline.WriteTrace, &x)))
	for _, want := range x.Records {
		var got timeline.Record
		require.NoError(t, d.Decode(&got))
		require.Equal(t, want, got)
	}
	require.False(t, d.More())
}
