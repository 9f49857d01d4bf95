// Study asks whether what a planted bug makes fail can be found, replayed and shrunk, and whether the small case outlives changes of the sources
// that have nothing to do with the bug.
//
//	go run ./scenarios/shrink/study [-only REGEXP] [-survive] [-out results/shrink.md]
//
// Every bug of scenarios/mutants, but for those of the stories, is compiled into a program of its own, which looks for the bug, replays what it found,
// shrinks it, and replays that. The sources without the bug must pass the small case. With -survive, the bug is compiled again together with each diff of
// scenarios/shrink/testdata/unrelated, and the small case is replayed. Measurements of the same programs are taken over from results/runs/study.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"simrun/scenarios"
	"simrun/scenarios/mutants"
)

func main() {
	var s study
	only := flag.String("only", "", "only bugs whose name matches this regular expression")
	out := flag.String("out", "", "write the tables to this file")
	flag.BoolVar(&s.survive, "survive", false, "replay the small cases after unrelated changes, too")
	flag.BoolVar(&s.afresh, "afresh", false, "take over nothing that was measured before")
	flag.Uint64Var(&s.budget, "budget", 3000, "runs to look for a bug")
	flag.IntVar(&s.jobs, "jobs", 2, "how many runs to do at once; only times depend on it")
	flag.StringVar(&s.work, "work", filepath.Join("results", "runs", "study"), "folder for artifacts and what was measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := s.run(ctx, *only, *out, flag.NArg()); err != nil {
		fmt.Fprintln(os.Stderr, "study:", err)
		if ctx.Err() != nil {
			os.Exit(130)
		}
		os.Exit(1)
	}
}

// knows tells whether the scenario is one of the program that is studied, which has no stories.
func knows(scenario string) bool {
	_, err := scenarios.Find(scenario)
	return err == nil
}

// run studies the bugs, writes the tables, and returns what does not hold.
func (s *study) run(ctx context.Context, only, out string, left int) error {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	if left > 0 {
		return errors.New("it takes flags only: -help lists them")
	}
	if err := s.open(ctx); err != nil {
		return err
	}
	bugs := slices.DeleteFunc(slices.Clone(s.bugs), func(m mutants.Mutant) bool { return !pattern.MatchString(m.Name) || !knows(m.Scenario) })
	if len(bugs) == 0 {
		return fmt.Errorf("-only %s: no planted bug has such a name", only)
	}
	fmt.Fprintf(os.Stderr, "compiling %d bugs\n", len(bugs))
	if err := s.compile(ctx, bugs); err != nil {
		return err
	}
	cases := make([]result, len(bugs))
	for i := range bugs {
		if cases[i], err = s.examine(ctx, &bugs[i]); err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, cases[i].line())
	}
	if s.survive {
		err := s.atOnce(len(bugs), func(i int) error {
			if err := s.outlive(ctx, &bugs[i], &cases[i]); err != nil {
				return err
			}
			fmt.Fprint(os.Stderr, cases[i].losses())
			return nil
		})
		if err != nil {
			return err
		}
	}
	b := board{cases: cases, diffs: s.names(), budget: s.budget}
	if out != "" {
		if err := os.WriteFile(out, []byte(b.markdown()), 0o644); err != nil {
			return err
		}
	}
	fmt.Println(b.summary())
	if wrong := b.wrong(); len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "\nstudy: "))
	}
	return nil
}
