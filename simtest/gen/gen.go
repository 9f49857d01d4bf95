// Package gen makes inputs of runs with rapid (pgregory.net/rapid), for properties and fuzzing:
//
//	func TestAnything(t *testing.T) { gen.Check(t, register(), gen.Options{}) }
//
//	func FuzzAnything(f *testing.F) { gen.Fuzz(f, register(), gen.Options{}) }
//
// A configuration and a plan are generated as data, part by part, and so rapid makes a failing one small: fewer faults, fewer replicas,
// fewer operations, smaller seeds. simrun's own shrink goes much further, and reads the artifact that a failing property leaves.
// The package is one of its own because rapid registers flags for whatever is linked with it.
package gen

import (
	"fmt"
	"os"
	"testing"

	"pgregory.net/rapid"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
	"simrun/simtest"
)

// Options bound what is generated. The zero value is a good start.
type Options struct {
	Profile    string // whose faults are generated; default: faults.Default
	Faults     int    // at most; default: 8
	Operations int    // at most; default: 40
}

// complete fills in what was left out.
func (o Options) complete() (Options, faults.Profile, error) {
	if o.Profile == "" {
		o.Profile = faults.Default
	}
	if o.Faults == 0 {
		o.Faults = 8
	}
	if o.Operations == 0 {
		o.Operations = 40
	}
	profile, err := faults.FindProfile(o.Profile)
	return o, profile, err
}

// Inputs generates inputs that the scenario can run. It panics if there is no such profile.
func Inputs(s scenarios.Scenario, o Options) *rapid.Generator[scenarios.Input] {
	o, profile, err := o.complete()
	if err != nil {
		panic("gen: " + err.Error())
	}
	return rapid.Custom(func(t *rapid.T) scenarios.Input {
		in := scenarios.Input{Seed: rapid.Uint64Range(0, 1<<20).Draw(t, "seed")}
		in.Config, _ = s.Draw(in.Seed, profile)
		vary(t, s, &in)
		in.Config.Operations = rapid.IntRange(1, o.Operations).Draw(t, "operations")
		in.Plan = plan(t, s, &in, profile, o.Faults)
		return in
	})
}

// vary changes the sizes that were drawn from the seed, as far as the scenario allows.
func vary(t *rapid.T, s scenarios.Scenario, in *scenarios.Input) {
	for _, size := range []struct {
		name string
		at   *int
		max  int
	}{
		{"clients", &in.Config.Clients, 6}, {"keys", &in.Config.Keys, 5},
	} {
		was := *size.at
		*size.at = rapid.IntRange(1, size.max).Draw(t, size.name)
		if s.Check(*in) != nil {
			*size.at = was
		}
	}
}

// chosen is a fault by the seed whose plan has it, and its place there, which is taken round the plan's length.
type chosen struct{ Seed, Place uint64 }

// plan generates faults one by one, so that rapid can leave out any of them: each is one that the plan of some seed has. One that cannot go with
// those before it is left out.
func plan(t *rapid.T, s scenarios.Scenario, in *scenarios.Input, profile faults.Profile, most int) (p faults.Plan) {
	one := rapid.Custom(func(t *rapid.T) chosen {
		return chosen{rapid.Uint64Range(0, 1<<16).Draw(t, "of seed"), rapid.Uint64Range(0, 100).Draw(t, "place")}
	})
	with := *in
	for _, x := range rapid.SliceOfN(one, 0, most).Draw(t, "faults") {
		drawn := s.DrawPlan(x.Seed, profile, &in.Config).Faults
		if len(drawn) == 0 {
			continue
		}
		f := drawn[x.Place%uint64(len(drawn))]
		with.Plan.Faults = append(p.Faults[:len(p.Faults):len(p.Faults)], f)
		if s.Check(with) == nil {
			p.Faults = with.Plan.Faults
		}
	}
	return p
}

// Check demands that every input passes. When one does not, it is made small, its artifact saved, and its story told with the lines to paste. Flags
// of rapid, such as -rapid.checks, say how many inputs are tried; SIMRUN_ARTIFACT=FILE runs that artifact instead, as in simtest.Run.
func Check(t *testing.T, s scenarios.Scenario, o Options) {
	t.Helper()
	if os.Getenv("SIMRUN_ARTIFACT") != "" {
		simtest.Run(t, s, simtest.Options{})
		return
	}
	simtest.Know(s)
	var last *scenarios.Result
	_, profile, err := o.complete()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if last != nil && t.Failed() {
			file, err := simtest.Save(t, s, profile, *last)
			if err != nil {
				t.Errorf("the artifact was not saved: %v", err)
			}
			t.Log(simtest.Tell(t, s, profile, *last, file))
		}
	})
	rapid.Check(t, property(s, o, func(r scenarios.Result) { last = &r }))
}

// Fuzz makes a native fuzz target of the property that every input passes: the fuzzer's bytes are what rapid draws from.
func Fuzz(f *testing.F, s scenarios.Scenario, o Options) {
	f.Helper()
	simtest.Know(s)
	if _, _, err := o.complete(); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(rapid.MakeFuzz(property(s, o, func(scenarios.Result) {})))
}

// property runs an input and fails unless it passes, or proves nothing: few operations may well all be lost. failed is told of each
// failing run; the last one is the smallest.
func property(s scenarios.Scenario, o Options, failed func(scenarios.Result)) func(*rapid.T) {
	inputs := Inputs(s, o)
	return func(t *rapid.T) {
		c := s.NewCluster()
		defer c.Close()
		r := scenarios.Run(c, inputs.Draw(t, "input"))
		if k := r.Verdict.Kind; k != checker.Pass && k != checker.Vacuous {
			failed(r)
			t.Fatal(fmt.Sprintf("%s: %v", s.Name, r.Verdict))
		}
	}
}
