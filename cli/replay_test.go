package cli

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
	"simrun/scenarios"
	"simrun/sim"
)

const artifactOne = "results/runs/toy-torn-1/artifact.json"

// saved runs a seed that fails, in a folder of its own, where its artifact then is.
func saved(t *testing.T) scenarios.Artifact {
	t.Helper()
	t.Chdir(t.TempDir())
	require.Equal(t, exitViolation, command(t, "run", "toy-torn", "--seed", "1").status)
	a, _, err := scenarios.LoadArtifact(artifactOne)
	require.NoError(t, err)
	return a
}

// edited replays the artifact after a change.
func edited(t *testing.T, a scenarios.Artifact, change func(*scenarios.Artifact)) outcome {
	t.Helper()
	change(&a)
	require.NoError(t, a.Save("edited.json"))
	return command(t, "replay", "edited.json")
}

// The last line of a replay says whether it was the artifact's run, and the exit status what the run came to.
func TestReplayOfAnArtifact(t *testing.T) {
	a := saved(t)
	require.Len(t, a.LastEvents, 20)
	for _, c := range []struct {
		name   string
		change func(*scenarios.Artifact)
		status int
		last   string
		warns  string
	}{
		{"unchanged", func(*scenarios.Artifact) {}, exitViolation, "same verdict and same trace hash as in the artifact\n", ""},
		{
			"another fingerprint", func(a *scenarios.Artifact) { a.Fingerprint = "agreement: two\nvalues chosen" }, exitViolation,
			"NOT the verdict of the artifact, which was violation: agreement: two values chosen, with trace hash " + a.TraceHash + "\n", "",
		},
		{
			"another hash from the same build", func(a *scenarios.Artifact) { a.TraceHash = "0123456789abcdef" }, exitDiverged,
			"same verdict as in the artifact, but NOT the same trace hash, which was 0123456789abcdef\n" +
				"the build is the same and the trace hash is not: the run is not deterministic\n", "",
		},
		{
			"another hash from another build", func(a *scenarios.Artifact) { a.TraceHash, a.Build.Sources = "0123456789abcdef", "feedfeedfeed" }, exitViolation,
			"same verdict as in the artifact, but NOT the same trace hash, which was 0123456789abcdef\n", "simrun: warning: another build made this artifact (sources feedfeedfeed, ",
		},
		{
			"an edit that changes nothing", func(a *scenarios.Artifact) { a.Config.Recovery++ }, exitViolation,
			"same verdict as in the artifact, which was edited since, so that its trace hash is not compared\n", "",
		},
		{
			"an edit that makes it pass", func(a *scenarios.Artifact) { a.Config.Nodes, a.Plan = 1, faults.Plan{} }, exitPass,
			"NOT the verdict of the artifact, which was violation: linearizability: not linearizable; but it was edited since\n", "",
		},
		{
			"a pass where a violation was found", func(a *scenarios.Artifact) { a.Verdict, a.Fingerprint = "pass", "" }, exitViolation,
			"NOT the verdict of the artifact, which was pass, with trace hash " + a.TraceHash + "\n", "",
		},
		{
			"a run compared with another", func(a *scenarios.Artifact) { a.Verdict, a.Fingerprint = "nondeterministic", "" }, exitViolation,
			"NOT the verdict of the artifact, which was nondeterministic, with trace hash " + a.TraceHash + "\n", "simrun: note: a replay runs once; ",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := edited(t, a, c.change)
			require.Equal(t, c.status, got.status, "%s%s", got.out, got.err)
			require.True(t, strings.HasSuffix(got.out, "\n"+c.last), got.out)
			if c.warns == "" {
				require.Empty(t, got.err)
			}
			require.True(t, strings.HasPrefix(got.err, c.warns), got.err)
		})
	}
}

// lines returns the timeline of a replay of a seed.
func lines(t *testing.T, filters ...string) []string {
	t.Helper()
	got := command(t, append([]string{"replay", "--scenario", "kv", "--seed", "1"}, filters...)...)
	require.Equal(t, exitPass, got.status, got.err)
	timeline, _, ok := strings.Cut(got.out, "\nkv seed 1: pass\n")
	require.True(t, ok, got.out)
	if timeline == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(timeline, "\n"), "\n")
}

// Each filter leaves the lines it is meant to, of all that there are, and no others.
func TestReplayFiltersAreExact(t *testing.T) {
	all := lines(t, "--all")
	same := func(pattern string, filters ...string) {
		re := regexp.MustCompile(pattern)
		var want []string
		for _, line := range all {
			if re.MatchString(line) {
				want = append(want, line)
			}
		}
		require.NotEmpty(t, want, pattern)
		got := lines(t, filters...)
		for i := range min(len(want), len(got)) {
			require.Equal(t, want[i], got[i], "%v", filters)
		}
		require.Len(t, got, len(want), "%v", filters)
	}
	same(`ms  [cn0-9 <>-]+ (send|recv) `, "--kind", "send,recv")
	same(`ms  ([cn0-9]+ (->|<-) )?(n1|c2) `, "--all", "--node", "n1,c2")
	same(`ms  [cn0-9 <>-]+ (call|return) `, "--kind", "call", "--kind", "return")
	same(` 2[5-9][0-9]{2}\.[0-9]{3}ms| 3000\.000ms`, "--all", "--from", "2.5s", "--until", "3s") // at which time faults end
	same(`ms  [cn0-9 <>-]* (crash|start|fault|heal|call|return|observe|log|phase|VIOLATION)( |$)`)
	require.Empty(t, lines(t, "--from", "500s"))
}

// States are told by digests, and a replica that is down has none.
func TestReplayState(t *testing.T) {
	a := saved(t)
	got := command(t, "replay", artifactOne, "--state", "--kind", "phase")
	states := regexp.MustCompile(`(?m)^n\d   state [0-9a-f]{16} of [0-9,]+ bytes$`).FindAllString(got.out, -1)
	require.Len(t, states, 3, got.out)

	// The toy's stores differ where its replicas were asked different things.
	require.NotEqual(t, states[0][4:], states[1][4:])

	// Recovery is so short that the crashed replica is still down when the run is over.
	down := a
	down.Plan = faults.Plan{Faults: []faults.Fault{{At: faults.Nanosecond, Kind: faults.Crash, Nodes: []node.ID{3}}}}
	down.Config.Horizon, down.Config.Recovery = 20*faults.Second, 1
	require.NoError(t, down.Save("down.json"))
	got = command(t, "replay", "down.json", "--state", "--kind", "phase")
	require.Contains(t, got.out, "\nn3   down\n")
}

// An artifact that asks for an enormous run is refused in one line, at once where that can be told, and else when it has gone on for too long.
func TestReplayOfAnEnormousRun(t *testing.T) {
	a := saved(t)
	endless := func(a *scenarios.Artifact) { a.Config.Operations, a.Config.Horizon = 40_000_000, 86_400*faults.Second }
	endless(&a)
	require.NoError(t, a.Save("endless.json"))
	for _, command1 := range []string{"replay", "shrink", "explain"} {
		got := command(t, command1, "endless.json", "--max-events", "3000")
		requireRefused(t, got, "the run takes more than 3,000 events: ")
	}
	a.Config.Operations = 1000 // so that it must be tried
	require.NoError(t, a.Save("endless.json"))
	for _, args := range []string{"replay endless.json --kind phase", "shrink endless.json", "explain endless.json", "export endless.json --trace trace.jsonl"} {
		got := command(t, append(strings.Fields(args), "--max-events", "1001")...)
		require.Contains(t, []int{exitUsage, exitUnproved}, got.status, args)
		require.Empty(t, got.out, args)
		require.Regexp(t, `^simrun: (\S+: )?the run takes more than 1,001 events: [^\n]*--max-events\n$`, got.err, args)
	}
	require.Equal(t, exitViolation, command(t, "replay", "endless.json").status)
	requireRefused(t, command(t, "replay", "endless.json", "--max-events", "0"), "--max-events is 0, and must be at least 1")
}

// A replay writes the report where it is asked to.
func TestReplayWritesAReport(t *testing.T) {
	saved(t)
	got := command(t, "replay", artifactOne, "--report", "page.html")
	require.Equal(t, exitViolation, got.status)
	require.Equal(t, "simrun: the report is in page.html\n", got.err)
	page, err := os.ReadFile("page.html")
	require.NoError(t, err)
	require.Contains(t, string(page), "<title>toy-torn seed 1: violation</title>")
	beside, err := os.ReadFile("results/runs/toy-torn-1/report.html")
	require.NoError(t, err)
	require.Equal(t, string(beside), string(page))
	got = command(t, "replay", artifactOne, "--report", "page.html/page.html")
	require.Equal(t, exitUsage, got.status)
	require.Equal(t, "simrun: --report page.html/page.html: page.html is a file, and must be a folder\n", got.err)
	require.Empty(t, got.out, "before any time is spent")
	got = command(t, "replay", artifactOne, "--report", artifactOne)
	require.Equal(t, exitUsage, got.status)
	require.Equal(t, "simrun: --report "+artifactOne+": that is what is read, so give another file\n", got.err)
}

// An exception whose message is never sent is told of: another build may send others.
func TestReplayTellsOfExceptionsInVain(t *testing.T) {
	a := saved(t)
	request := scenarios.Exception{Fate: netsim.Duplicate, From: node.Client(1).Addr(), To: node.ID(1).Addr(), Key: 1}
	require.NoError(t, request.Kind.UnmarshalText([]byte("request")))
	a.Plan.Faults = nil // so that it is sent at once
	in := a
	in.Fates = nil
	for _, n := range []node.ID{1, 2, 3} { // one of them is asked first
		request.To = n.Addr()
		in.Fates = append(in.Fates, request)
	}
	never := request
	never.Key = 1_000_000
	in.Fates = append(in.Fates, never)
	got := edited(t, in, func(*scenarios.Artifact) {})
	require.Contains(t, got.out, `the message of the exception "duplicate c1 -> n3 message of kind request, key 1000000" was never sent`+"\n")
	require.Equal(t, 3, strings.Count(got.out, "was never sent"), got.out)
}

// Where a run does not fail as its artifact says, the first of the artifact's last events that it lacks is told, and how many faults struck nothing; -v says which.
func TestReplayTellsWhatIsMissing(t *testing.T) {
	a := saved(t)
	require.NotContains(t, command(t, "replay", artifactOne).out, "this is the first that")
	last := len(a.LastEvents) - 1
	got := edited(t, a, func(a *scenarios.Artifact) {
		a.Fingerprint, a.TraceHash = "agreement: two values chosen", "0123456789abcdef"
		a.LastEvents = slices.Clone(a.LastEvents)
		a.LastEvents[last] = "     500    990.000ms  c1 <- n9   return    #99 get k0 = 5"
		a.LastEvents = append([]string{"     1   1.000ms  n1         log       of no account"}, a.LastEvents...)
	})
	require.Contains(t, got.out, "\nof what came last in the artifact's run, this is the first that never came in this one:\n"+
		"     500    990.000ms  c1 <- n9   return    #99 get k0 = 5\n")

	got = edited(t, a, func(a *scenarios.Artifact) {
		a.Fingerprint, a.TraceHash = "agreement: two values chosen", "0123456789abcdef"
	})
	require.Contains(t, got.out, "\nall that came last in the artifact's run came in this one too, but for the violation\n")

	got = edited(t, a, func(a *scenarios.Artifact) { // as a build would find it whose faults come to nothing
		a.Fingerprint = "agreement: two values chosen"
		a.Plan.Faults = []faults.Fault{{At: faults.Second, Kind: faults.DropNth, Nth: 1_000_000_000}}
		require.NoError(t, a.Save("idle.json"))
		b, _, err := scenarios.LoadArtifact("idle.json")
		require.NoError(t, err)
		*a = scenarios.NewArtifact(a.Build, scenarioOf(t, a.Scenario), faults.Profile{Name: a.Profile}, scenarios.Result{Input: b.Input}, a.LastEvents)
		a.Verdict, a.Fingerprint, a.Build.Sources = "violation", "agreement: two values chosen", "feedfeedfeed"
		a.TraceHash = "0123456789abcdef"
	})
	require.Regexp(t, `(?s)\nNOT the verdict of the artifact, [^\n]*\n1 of its 1 faults struck nothing; -v names them\n`, got.out)
	got = command(t, "replay", "-v", "edited.json")
	require.Regexp(t, `\nNOT the verdict of the artifact, [^\n]*\nthe fault "1s[^"]*drop-nth[^"]*" struck nothing\n`, got.out)
}

func scenarioOf(t *testing.T, name string) scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Find(name)
	require.NoError(t, err)
	return s
}

// Of an artifact's events the first is told that the run lacks, and if it lacks none, the first that came too early. Times do not count.
func TestMissing(t *testing.T) {
	record := func(text string) sim.Record {
		return sim.Record{Event: 9, At: 77_000_000, Kind: sim.Observed, Who: node.ID(1).Addr(), Text: text}
	}
	line := func(text string) string { return timelineLine(record(text)) }
	m := missingOf([]string{line("a"), line("b"), line("a"), "       1      1.000ms  n1         log       says something"})
	at := func(text string) sim.Record { r := record(text); r.At *= 2; r.Event++; return r }
	lacks := func(text, how string) {
		t.Helper()
		gotLine, gotHow := m.first()
		require.Equal(t, text, gotLine)
		require.Equal(t, how, gotHow)
	}
	lacks(line("a"), "never came")
	m.see(at("a"))
	lacks(line("b"), "never came")
	m.see(at("c"))
	m.see(at("a"))
	lacks(line("b"), "never came")
	m.see(at("b"))
	lacks(line("a"), "came before what it came after")
	m.see(at("a"))
	lacks("", "")

	require.Equal(t, line("a"), m.after(0))
	require.Empty(t, m.after(5), "there may be others before the first one")
	require.Empty(t, m.after(9))
	m = missingOf([]string{line("a"), strings.Replace(line("b"), "       9", "      12", 1)})
	require.Contains(t, m.after(9), "12 ")
	require.Empty(t, m.after(12))
}

// A replay leaves no files behind.
func TestReplayWritesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	require.Equal(t, exitViolation, command(t, "replay", "--scenario", "toy-torn", "--seed", "1").status)
	left, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestTimelineLine(t *testing.T) {
	n3, c2 := node.ID(3).Addr(), node.Client(2).Addr()
	for _, c := range []struct {
		record sim.Record
		line   string
	}{
		{sim.Record{Event: 7, At: 1_234_567, Kind: sim.Sent, Who: n3, Peer: c2, Text: "ok 5"}, "       7      1.234ms  n3 -> c2   send      ok 5"},
		{sim.Record{Event: 7, At: 1_234_567, Kind: sim.Arrived, Who: c2, Peer: n3, Text: "ok 5"}, "       7      1.234ms  c2 <- n3   recv      ok 5"},
		{sim.Record{Event: 12345678, At: 86_400_000_000_000, Kind: sim.PhaseSet, Text: "over"}, "12345678 86400000.000ms             phase     over"},
		{sim.Record{Event: 1, Kind: sim.Started, Who: n3}, "       1      0.000ms  n3         start"},
	} {
		require.Equal(t, c.line, timelineLine(c.record))
	}
}
