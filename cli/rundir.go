package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
	htmlpage "simrun/scenarios/report"
	"simrun/scenarios/timeline"
)

// A run that did not pass has a folder of its own, with its artifact in it. The first few of a kind have these files beside it.
var runFiles = []struct {
	name  string
	write func(io.Writer, *timeline.Timeline) error
}{
	{"history.jsonl", timeline.WriteHistory},
	{"trace.jsonl", timeline.WriteTrace},
	{"report.html", htmlpage.Write},
}

// collect runs a result again and collects all there is to tell about it; nil if that cannot be done, as with a run that never ends.
func (r *report) collect(ctx context.Context, result scenarios.Result) *scenarios.Collected {
	if result.Hash == 0 {
		return nil
	}
	told, err := scenarios.Collect(ctx, r.scenario, result.Input, scenarios.CollectOptions{
		Vector: true, Profile: r.plan.profile.Name, Build: describeBuild(r.plan.build), MaxEvents: 2*result.Stats.Events + 1<<20,
	})
	if err != nil || told.Verdict.Fingerprint != result.Verdict.Fingerprint && result.Verdict.Kind != checker.Nondeterministic {
		return nil
	}
	return &told
}

// save writes the folder of a result that did not pass, and returns the path of its artifact; none if that failed.
func (r *report) save(result scenarios.Result, told *scenarios.Collected) string {
	file := filepath.Join(r.plan.out, folderOf(r.scenario.Name, r.plan.profile.Name, result.Seed), "artifact.json")
	a := scenarios.NewArtifact(r.plan.build, r.scenario, r.plan.profile, result, nil)
	if told != nil {
		a.LastEvents = lastEvents(told, 20)
		if told.Hash == result.Hash {
			a.Hashes = told.Hashes
		}
	}
	if err := a.Save(file); err != nil {
		if r.unsaved++; r.unsaved == 1 { // one complaint is enough: the next seeds will hardly fare better
			fmt.Fprintf(r.term.err, "simrun: the artifact of seed %d was not saved: %s\n", result.Seed, oneLine(err.Error()))
		}
		return ""
	}
	if err := saveTold(filepath.Dir(file), told); err != nil { // the artifact, which is small, is there all the same
		if r.untold++; r.untold == 1 {
			fmt.Fprintf(r.term.err, "simrun: what belongs beside the artifact of seed %d was not saved: %s\n", result.Seed, oneLine(err.Error()))
		}
	}
	return file
}

// folderOf names the folder of a run. The same seed of another profile is another run, so it has another one.
func folderOf(scenario, profile string, seed uint64) string {
	if profile == faults.Default {
		return fmt.Sprintf("%s-%d", scenario, seed)
	}
	return fmt.Sprintf("%s-%s-%d", scenario, profile, seed)
}

// saveTold writes the files beside an artifact, or removes those of an earlier run if there is nothing to tell.
func saveTold(dir string, told *scenarios.Collected) error {
	for _, f := range runFiles {
		if told == nil {
			if err := os.Remove(filepath.Join(dir, f.name)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			continue
		}
		var b bytes.Buffer
		if err := f.write(&b, &told.Timeline); err != nil {
			return err
		}
		if err := scenarios.WriteFile(filepath.Join(dir, f.name), b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
