package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/scenarios"
	"simrun/sim"
)

// replayFlags are what "simrun replay" was asked for.
type replayFlags struct {
	scenario, seed, profile string
	from, until             string
	nodes, kinds            []string
	all, state              bool
}

func replayCommand(t *term, status *int) *cobra.Command {
	var f replayFlags
	c := &cobra.Command{
		Use:   "replay {ARTIFACT | --scenario NAME --seed N}",
		Short: "run one seed or artifact again, and print its timeline",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := f.parse(args, c.Flags().Changed)
			if err != nil {
				return err
			}
			*status = p.run(c.Context(), t)
			return t.failed()
		},
	}
	fs := c.Flags()
	fs.StringVar(&f.scenario, "scenario", "", "the scenario of the seed")
	fs.StringVar(&f.seed, "seed", "", "the seed, decimal or 0x")
	fs.StringVar(&f.profile, "profile", faults.Default, "the profile the seed was run with")
	fs.StringVar(&f.from, "from", "", "print from this simulated time on, such as 1.2s")
	fs.StringVar(&f.until, "until", "", "print up to this simulated time")
	fs.StringSliceVar(&f.nodes, "node", nil, "print only what concerns these, such as n1,c2")
	fs.StringSliceVar(&f.kinds, "kind", nil, "print only records of these kinds, such as send,recv")
	fs.BoolVar(&f.all, "all", false, "print everything, every message included")
	fs.BoolVar(&f.state, "state", false, "print the replicas' states at the end")
	_ = c.RegisterFlagCompletionFunc("scenario", scenarioNames)
	return c
}

// replay is a run to be shown.
type replay struct {
	scenario scenarios.Scenario
	input    scenarios.Input
	artifact *scenarios.Artifact // what was expected; nil if only a seed was given
	from     faults.Span
	until    faults.Span // 0: to the end
	nodes    []node.Addr
	wanted   func(sim.RecordKind) bool
	state    bool
}

func (f replayFlags) parse(args []string, changed func(string) bool) (*replay, error) {
	p := &replay{state: f.state}
	if err := f.parseFilters(p); err != nil {
		return nil, err
	}
	switch bySeed := changed("scenario") || changed("seed"); {
	case len(args) == 1 && (bySeed || changed("profile")):
		return nil, errors.New("replay takes an artifact, or --scenario and --seed, and not both")
	case len(args) == 1:
		a, s, err := scenarios.LoadArtifact(args[0])
		if err != nil {
			return nil, err
		}
		p.artifact, p.scenario, p.input = &a, s, a.Input
		return p, nil
	case !changed("scenario") || !changed("seed"):
		return nil, errors.New("replay needs an artifact, or both --scenario and --seed")
	}
	s, err := scenarios.Find(f.scenario)
	if err != nil {
		return nil, err
	}
	seed, err := scenarios.ParseSeed(f.seed)
	if err != nil {
		return nil, err
	}
	profile, err := faults.FindProfile(f.profile)
	if err != nil {
		return nil, err
	}
	p.scenario, p.input.Seed = s, seed
	p.input.Config, p.input.Plan = s.Draw(seed, profile)
	return p, nil
}

func (f replayFlags) parseFilters(p *replay) (err error) {
	if f.from != "" {
		if p.from, err = faults.ParseSpan(f.from); err != nil {
			return fmt.Errorf("--from: %w", err)
		}
	}
	if f.until != "" {
		if p.until, err = faults.ParseSpan(f.until); err != nil {
			return fmt.Errorf("--until: %w", err)
		}
	}
	for _, text := range f.nodes {
		var a node.Addr
		if err := a.UnmarshalText([]byte(text)); err != nil {
			return fmt.Errorf("--node: %w", err)
		}
		p.nodes = append(p.nodes, a)
	}
	p.wanted = significant
	if f.all {
		p.wanted = func(sim.RecordKind) bool { return true }
	}
	if len(f.kinds) == 0 {
		return nil
	}
	kinds := map[sim.RecordKind]bool{}
	for _, text := range f.kinds {
		k, err := recordKind(text)
		if err != nil {
			return err
		}
		kinds[k] = true
	}
	p.wanted = func(k sim.RecordKind) bool { return kinds[k] }
	return nil
}

func recordKind(text string) (sim.RecordKind, error) {
	var names []string
	for k := sim.RecordKind(1); k < sim.NumRecordKinds; k++ {
		if strings.EqualFold(k.String(), text) {
			return k, nil
		}
		names = append(names, k.String())
	}
	return 0, fmt.Errorf("--kind: there is no kind of record %q: there are %s", text, strings.Join(names, ", "))
}

// run runs it, prints the timeline as it goes, and returns the exit status.
func (p *replay) run(ctx context.Context, t *term) int {
	if p.artifact != nil && p.artifact.Build.Sources != identity().Sources {
		fmt.Fprintf(t.err, "simrun: warning: another build made this artifact (%s; this is %s), so the run may differ\n",
			describeBuild(p.artifact.Build), describeBuild(identity()))
	}
	c := p.scenario.NewCluster()
	c.Reset(p.input.Seed, p.input.Config, p.input.Plan)
	c.Trace(func(r sim.Record) {
		if p.shows(r) {
			line := timelineLine(r)
			if r.Kind == sim.Violation {
				line = t.paint(bad, line)
			}
			t.printf("%s\n", line)
		}
	})
	var v checker.Verdict
	for done, until := false, uint64(0); !done; {
		until += 4096
		v, done = c.Run(until)
		if ctx.Err() != nil || t.writeError != nil {
			return exitInterrupted
		}
	}
	if p.state {
		for i := range p.input.Config.Nodes {
			id := node.ID(i + 1)
			t.printf("%v state %x\n", id.Addr(), c.AppendState(id, nil))
		}
	}
	t.printf("\n%s seed %d: %s\n", p.scenario.Name, p.input.Seed, p.paintVerdict(t, v))
	t.printf("trace hash %v after %d events\n", c.Hash(), c.Stats().Events)
	if p.artifact == nil {
		return statusOf(v)
	}
	return p.compare(t, v, c.Hash())
}

func (p *replay) paintVerdict(t *term, v checker.Verdict) string {
	if v.Kind == checker.Pass {
		return t.paint(good, v.String())
	}
	return t.paint(bad, v.String())
}

func (p *replay) shows(r sim.Record) bool {
	if !p.wanted(r.Kind) || faults.Span(r.At) < p.from || p.until > 0 && faults.Span(r.At) > p.until {
		return false
	}
	if len(p.nodes) == 0 {
		return true
	}
	for _, a := range p.nodes {
		if a == r.Who || a == r.Peer {
			return true
		}
	}
	return false
}

// compare says whether the run was the artifact's.
func (p *replay) compare(t *term, v checker.Verdict, hash sim.Hash) int {
	a := p.artifact
	sameVerdict := v.Kind.String() == a.Verdict && v.Fingerprint == a.Fingerprint
	sameHash := hash.String() == a.TraceHash
	switch {
	case a.Edited():
		t.printf("the artifact was edited, so its trace hash is not compared\n")
		return statusOf(v)
	case sameVerdict && sameHash:
		t.printf("same verdict and same trace hash as in the artifact\n")
	case sameVerdict:
		t.printf("same verdict as in the artifact, but its trace hash was %s\n", a.TraceHash)
	default:
		was := a.Verdict
		if a.Fingerprint != "" {
			was += ": " + a.Fingerprint
		}
		t.printf("NOT the verdict of the artifact, which was %s, with trace hash %s\n", was, a.TraceHash)
	}
	if !sameHash && a.Build.Sources == identity().Sources {
		t.printf("the build is the same and the hash is not: the run is not deterministic\n")
		return worse(statusOf(v), exitDiverged)
	}
	return statusOf(v)
}
