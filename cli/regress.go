package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"simrun/faults"
	"simrun/scenarios"
	"simrun/scenarios/regress"
)

// regressFlags are what "simrun regress" was asked for.
type regressFlags struct {
	dir, seeds, profile string
	accept              bool
}

func regressCommand(t *term, status *int) *cobra.Command {
	var f regressFlags
	c := &cobra.Command{
		Use: "regress [SCENARIO...]", Short: "run a corpus again, and tell what has changed",
		Long: "Regress runs the artifacts of a corpus, and the seeds that its golden.txt names, and tells which end in another verdict or hash than golden.txt says. " +
			"An artifact that it does not name must pass. With --accept golden.txt is written anew; with --accept --seeds, seeds are added to it.",
		ValidArgsFunction: scenarioNames,
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(c.Flags().Changed); err != nil {
				return err
			}
			s, err := f.run(c.Context(), t, args)
			*status = s
			return err
		},
	}
	fs := c.Flags()
	fs.StringVar(&f.dir, "dir", corpusDir(), "the corpus")
	fs.BoolVar(&f.accept, "accept", false, "make what comes of the runs now what must come of them")
	fs.StringVar(&f.seeds, "seeds", "", "with --accept: add these seeds of the scenarios, such as 1-20")
	fs.StringVar(&f.profile, "profile", faults.Default, "the profile of the seeds added")
	return c
}

// corpusDir is where this program's corpus is.
func corpusDir() string {
	if module, _ := program(); module == simrunModule {
		return "scenarios/corpus"
	}
	return "corpus"
}

func (f regressFlags) check(changed func(string) bool) error {
	switch {
	case changed("seeds") && !f.accept:
		return errors.New("--seeds adds seeds to the corpus, which needs --accept")
	case changed("profile") && !changed("seeds"):
		return errors.New("--profile is that of the seeds which --accept --seeds adds: give both")
	}
	_, err := faults.FindProfile(f.profile)
	return err
}

func (f regressFlags) run(ctx context.Context, t *term, names []string) (int, error) {
	of := meantScenarios()
	if len(names) > 0 {
		of = nil
		for _, name := range names {
			s, err := scenarios.Find(name)
			if err != nil {
				return exitUsage, err
			}
			of = append(of, s)
		}
	}
	suite, err := regress.Load(f.dir, names...)
	if err != nil {
		return exitUsage, err
	}
	if err := f.add(suite, of); err != nil {
		return exitUsage, err
	}
	if f.accept {
		if err := checkOutputs(nil, output{"--accept", suite.File()}); err != nil {
			return exitUsage, err
		}
	}
	if len(suite.Cases) == 0 {
		return exitUsage, fmt.Errorf("%s: there is nothing to run: put artifacts there, or add seeds with --accept --seeds 1-20", f.dir)
	}
	return f.compare(ctx, t, suite)
}

// maxAdded is how many seeds can be added at once: all are in memory, and all are run at every change.
const maxAdded = 10_000

func (f regressFlags) add(suite *regress.Suite, of []scenarios.Scenario) error {
	if f.seeds == "" {
		return nil
	}
	seeds, err := scenarios.ParseSeeds(f.seeds)
	if err != nil {
		return err
	}
	if seeds.Len() > maxAdded {
		return fmt.Errorf("--seeds %s: they are %s, and a corpus takes %s at once", f.seeds, thousands(seeds.Len()), thousands(maxAdded))
	}
	profile, err := faults.FindProfile(f.profile)
	if err != nil {
		return err
	}
	for _, s := range of {
		suite.Add(s, profile, seeds)
	}
	return nil
}

// compare runs the suite and tells what changed. Cases that are new are no change.
func (f regressFlags) compare(ctx context.Context, t *term, suite *regress.Suite) (int, error) {
	verdicts, hashes, fresh, refused := 0, 0, 0, 0
	ran := 0
	err := suite.Run(ctx, func(*regress.Case) { ran++ }, func(c regress.Change) {
		switch {
		case c.Case.Gone() && f.accept:
			t.printf("%s: there is no such file any more, so its line goes\n", c.Case.Name)
		case c.Case.Refused != nil:
			refused++
			t.printf("%s\n", t.paint(bad, oneLine(c.String())))
		case c.New():
			fresh++
			if f.accept {
				t.printf("%s\n", c)
			}
		case c.Verdict():
			verdicts++
			t.printf("%s\n", t.paint(bad, c.String()))
		default:
			hashes++
			t.printf("%s\n", c)
		}
		if f.accept {
			c.Accept()
		}
	})
	if err == nil && ran == 0 {
		return exitUsage, fmt.Errorf("%s has none of these scenarios: add seeds of them with --accept --seeds 1-20", f.dir)
	}
	t.printf("%d of %d runs: %d with another verdict, %d with another hash alone, %d new, %d cannot be run\n", ran, len(suite.Cases), verdicts, hashes, fresh, refused)
	switch {
	case err != nil:
		return exitInterrupted, t.failed() // nothing is accepted by halves
	case f.accept:
		if err := suite.Write(); err != nil {
			return exitUnwritten, err
		}
		t.printf("accepted, in %s\n", suite.File())
		if refused > 0 {
			return exitViolation, t.failed()
		}
		return exitPass, t.failed()
	case verdicts+hashes+refused > 0:
		t.printf("if all of this is wanted: %s regress --dir %s --accept\n", again(), shellWord(f.dir))
		return exitViolation, t.failed()
	}
	return exitPass, t.failed()
}
