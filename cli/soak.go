package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
	"simrun/scenarios/shrink"
)

// soakFlags ask for a sweep without an end of its own.
type soakFlags struct {
	during    time.Duration // --for
	untilFail bool
	grow      string
}

// soakRound is how many seeds of a scenario are run before it is the next one's turn.
const soakRound = 200

func (f *soakFlags) asked() bool { return f.during > 0 || f.untilFail }

func (f *soakFlags) check(changed func(string) bool) error {
	switch {
	case f.during < 0 || changed("for") && f.during == 0:
		return fmt.Errorf("--for is %v, and must be a time such as 90s or 8h", f.during)
	case f.asked() && (changed("seeds") || changed("count") || changed("shard")):
		return errors.New("--for and --until-fail run seed after seed from --seed on: they go with neither --seeds nor --count nor --shard")
	case changed("grow") && f.grow == "":
		return errors.New("--grow is empty, and must be a folder")
	}
	if f.grow == "" {
		return nil
	}
	return checkFolder("--grow "+brief(f.grow), f.grow)
}

// soak sweeps the scenarios in turn, a round of seeds at a time, until its time is over or, if that was asked for, a run fails.
func (p *sweepPlan) soak(ctx context.Context, t *term) (int, error) {
	interrupted := ctx
	limit, why := p.timeout, byTimeout
	if p.during > 0 && (limit == 0 || p.during < limit) {
		limit, why = p.during, byFor
	}
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	first := p.seeds.At(0)
	reports := make([]*report, len(p.scenarios))
	if first > math.MaxUint64-soakRound {
		return exitUsage, fmt.Errorf("--seed is %d, and there are fewer than %d seeds from there on", first, soakRound)
	}
	bars := make([]*progress, len(p.scenarios))
	for i, s := range p.scenarios {
		own := *p
		reports[i] = &report{plan: &own, scenario: s, term: t, failures: map[string]*failures{}, few: true}
		bars[i] = newProgress(t, s.Name, 0)
	}
	stop := notStopped
	for round := uint64(0); stop == notStopped; round++ {
		from := round * soakRound
		if from > math.MaxUint64-soakRound-first {
			break // that was the last seed
		}
		for i, r := range reports {
			r.plan.seeds = scenarios.SeedRange(first, from+soakRound)
			if stop = p.sweep(ctx, r, bars[i], scenarios.SeedRange(first+from, soakRound), p.failfast || p.untilFail); stop != notStopped {
				break
			}
		}
	}
	switch {
	case interrupted.Err() != nil:
		stop = byInterrupt
	case stop == byTimeout:
		stop = why
	case stop == byFailfast && !p.failfast:
		stop = byFailure
	}
	return p.conclude(t, reports, bars, stop)
}

// grown puts the first run of each way to fail, made small, into the corpus that is to grow, unless there is one like it.
func (r *report) grown(ctx context.Context, result scenarios.Result) {
	v := result.Verdict
	if r.plan.grow == "" || v.Kind != checker.Violated || result.Hash == 0 {
		return
	}
	file := filepath.Join(r.plan.grow, r.scenario.Name+"-"+slug(v.Fingerprint)+".json")
	if exists(file) {
		return
	}
	small, rest := result, ""
	got, err := shrink.Shrink(ctx, r.scenario, result.Input, shrink.Options{Jobs: r.plan.jobs})
	if !errors.Is(err, shrink.ErrDiverged) && got.Best.Verdict.Fingerprint == v.Fingerprint {
		small = got.Best // so far as there was time
	}
	if err != nil || !got.Minimal {
		rest = fmt.Sprintf("; it may be larger than need be, since %s: %s makes it smaller", unfinished(ctx, err), again()+" shrink "+shellWord(file))
	}
	a := scenarios.NewArtifact(r.plan.build, r.scenario, faults.Profile{Name: r.plan.profile.Name}, small, nil)
	if err := a.Save(file); err != nil {
		r.ungrown = true
		fmt.Fprintf(r.term.err, "simrun: the corpus did not grow: %s\n", oneLine(err.Error()))
		return
	}
	fmt.Fprintf(r.term.err, "%s: new in the corpus: %s, of %d events%s\n", r.scenario.Name, file, small.Stats.Events, rest)
}

// unfinished says why a run was not made as small as it gets.
func unfinished(ctx context.Context, err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "the time was over"
	case ctx.Err() != nil:
		return "there was an interrupt"
	case err != nil:
		return oneLine(err.Error())
	}
	return "the budget was spent"
}

// slug makes a fingerprint a part of a file's name.
func slug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	name := strings.Join(words, "-")
	return name[:min(len(name), 100)]
}
