package gen_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/faults"
	"simrun/node"
	"simrun/node/fact"
	"simrun/node/machine"
	"simrun/scenarios"
	"simrun/sim/stream"
	"simrun/simtest/gen"
)

func find(t testing.TB, name string) scenarios.Scenario {
	s, err := scenarios.Find(name)
	require.NoError(t, err)
	return s
}

// Whatever is generated can be run, and all parts of it vary.
func TestInputs(t *testing.T) {
	kinds, sizes := map[faults.Kind]bool{}, map[int]bool{}
	for _, s := range []scenarios.Scenario{find(t, "kv"), find(t, "single-decree")} {
		inputs := gen.Inputs(s, gen.Options{Faults: 12, Operations: 30})
		for i := range 60 {
			in := inputs.Example(i)
			require.NoError(t, s.Check(in), "%s %d", s.Name, i)
			require.LessOrEqual(t, len(in.Plan.Faults), 12)
			require.LessOrEqual(t, in.Config.Operations, 30)
			sizes[in.Config.Operations] = true
			for j := range in.Plan.Faults {
				kinds[in.Plan.Faults[j].Kind] = true
			}
		}
	}
	require.Greater(t, len(kinds), 10)
	require.Greater(t, len(sizes), 5)
	require.Panics(t, func() { gen.Inputs(find(t, "kv"), gen.Options{Profile: "hail"}) })
}

// The protocols here pass.
func TestPaxos(t *testing.T) { gen.Check(t, find(t, "single-decree"), gen.Options{}) }

func FuzzKV(f *testing.F) { gen.Fuzz(f, find(f, "kv"), gen.Options{Operations: 20}) }

// forgetful answers from memory, and remembers nothing after a crash.
type forgetful struct{ store machine.KV }

type nothing struct{}

func (*nothing) Site() (uint8, uint64)    { return 1, 0 }
func (*nothing) Append(dst []byte) []byte { return dst }
func (*nothing) Decode([]byte) error      { return nil }
func (*nothing) Facts(func(fact.Fact))    {}
func (*nothing) String() string           { return "nothing" }

func (*forgetful) Start(node.Env[nothing])                      {}
func (*forgetful) Receive(node.Env[nothing], node.ID, *nothing) {}
func (*forgetful) Timer(node.Env[nothing], node.TimerID)        {}
func (y *forgetful) AppendState(dst []byte) []byte              { return y.store.Snapshot(dst) }
func (y *forgetful) Request(env node.Env[nothing], from node.Client, q *node.Request) {
	env.Reply(from, node.Reply{Seq: q.Seq, Status: node.OK, Output: y.store.Apply(q.Command, nil)})
}

func forgets() scenarios.Scenario {
	return scenarios.Define(scenarios.Spec[nothing, *nothing]{
		Name: "forgetful", Doc: "one replica without a disk",
		Draw:     func(_ *stream.Stream, c *scenarios.Config) { c.Nodes, c.Horizon = 1, 300*faults.Millisecond },
		Quorums:  func(*scenarios.Config) (int, int) { return 1, 1 },
		Replica:  func(node.ID, *scenarios.Config) node.Node[nothing] { return &forgetful{} },
		Workload: scenarios.Registers{},
	})
}

// TestForgetful and FuzzForgetful fail, and are run by others only.
func TestForgetful(t *testing.T) {
	if os.Getenv("GEN_CHILD") == "" {
		t.Skip("fails, as it should")
	}
	gen.Check(t, forgets(), gen.Options{})
}

func FuzzForgetful(f *testing.F) {
	if os.Getenv("GEN_CHILD") == "" {
		f.Skip("fails, as it should")
	}
	gen.Fuzz(f, forgets(), gen.Options{})
}

func child(t *testing.T, args ...string) (string, error) {
	run := exec.Command(os.Args[0], args...)
	run.Dir = t.TempDir()
	run.Env = append(os.Environ(), "GEN_CHILD=1")
	out, err := run.CombinedOutput()
	return string(out), err
}

// A failing property is made small: few faults of the many that were generated are left, and its artifact shows it again.
func TestMadeSmall(t *testing.T) {
	dir := t.TempDir()
	out, err := child(t, "-test.run=^TestForgetful$", "-test.v", "-test.artifacts", "-test.outputdir="+dir, "-rapid.seed=1", "-rapid.checks=1000", "-rapid.nofailfile")
	require.Error(t, err)
	require.Contains(t, out, "violation: linearizability: not linearizable")
	left := regexp.MustCompile(`faults: (\d+)\n`).FindStringSubmatch(out)
	require.NotNil(t, left, out)
	require.Contains(t, []string{"1", "2", "3"}, left[1], out)
	_, rest, found := strings.Cut(out, "SIMRUN_ARTIFACT=")
	require.True(t, found, out)
	file, _, _ := strings.Cut(rest, " ")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	if _, err := scenarios.Find("forgetful"); err != nil {
		scenarios.Register(forgets())
	}
	a, s, err := scenarios.ParseArtifact(text)
	require.NoError(t, err)
	require.Equal(t, a.Fingerprint, scenarios.Run(s.NewCluster(), a.Input).Verdict.Fingerprint)
	require.Contains(t, out, "  go run . shrink "+file)
	require.NotContains(t, out, "SIMRUN_SEEDS", "no seed draws this")

	again := exec.Command(os.Args[0], "-test.run=^TestForgetful$")
	again.Dir, again.Env = dir, append(os.Environ(), "GEN_CHILD=1", "SIMRUN_ARTIFACT="+file)
	said, err := again.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(said), "violation: linearizability: not linearizable")
}

// The fuzz target finds the bug from bytes alone.
func TestFuzzTarget(t *testing.T) {
	seeds := filepath.Join("testdata", "fuzz", "FuzzForgetful")
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, seeds), 0o755))
	random := stream.New(1, "bytes", 0)
	for i := range 40 {
		var b strings.Builder
		for range 4000 {
			b.WriteString([]string{`\x00`, `\xff`, `\x01`, `A`, `\x7f`, `\x80`, `\x03`, `q`}[random.N(8)])
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, seeds, string(rune('a'+i%26))+strings.Repeat("x", i/26)), []byte("go test fuzz v1\n[]byte(\""+b.String()+"\")\n"), 0o644))
	}
	run := exec.Command(os.Args[0], "-test.run=^FuzzForgetful$")
	run.Dir = dir
	run.Env = append(os.Environ(), "GEN_CHILD=1")
	out, err := run.CombinedOutput()
	require.Error(t, err, "%s", out)
	require.Contains(t, string(out), "forgetful: violation: ")
}
