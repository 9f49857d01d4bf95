// Mutate asks whether the tests of a package are any good: it changes one operator or leaves out one statement at a time, and a test
// must fail.
//
//	go run ./internal/mutate [-files acceptor,lease] [-jobs 2] [-for 20m] ./node/multipaxos
//
// All mutants are compiled into one test binary, in which an environment variable picks one (Untch, Offutt and Harrold, "Mutation
// analysis using mutant schemata", ISSTA 1993), so that a mutant costs a run of the tests and no build. What stands behind "case" is changed
// too. Each mutant meets the tests that are named by -quick first, and all of them if it survives those. The survivors are listed on stdout, and those
// whose tests do not come to an end.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

func main() {
	files := flag.String("files", "", "change these files only, by name without .go, with commas")
	jobs := flag.Int("jobs", 2, "workers")
	limit := flag.Duration("for", time.Hour, "begin no mutant after so long")
	quick := flag.String("quick", "Transcripts", "tests that go first")
	skip := flag.String("skip", "", "tests that are left out")
	patience := flag.Duration("patience", 15*time.Second, "a mutant whose tests take longer runs for ever, and counts as killed")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: go run ./internal/mutate [flags] ./PACKAGE")
		os.Exit(2)
	}
	var only []string
	if *files != "" {
		only = strings.Split(*files, ",")
	}
	if err := run(flag.Arg(0), only, *quick, *skip, *jobs, *limit, *patience); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// fate is what became of a mutant.
type fate uint8

const (
	notRun fate = iota
	killed
	endless
	survived
)

func run(dir string, only []string, quick, skip string, jobs int, limit, patience time.Duration) error {
	scratch, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	mutants, err := plant(dir, scratch, only)
	if err != nil {
		return err
	}
	binary := filepath.Join(scratch, "tests")
	build := exec.Command("go", "test", "-c", "-vet=off", "-overlay", filepath.Join(scratch, "overlay.json"), "-o", binary, dir)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("the mutants do not compile: %s", out)
	}
	if f := try(binary, dir, 0, "", skip, 4*patience); f != survived {
		return fmt.Errorf("the tests fail with no mutant picked")
	}
	var next, done int
	var lock sync.Mutex
	var workers sync.WaitGroup
	begun := time.Now()
	fates := make([]fate, len(mutants))
	for range jobs {
		workers.Go(func() {
			for {
				lock.Lock()
				n := next
				next++
				lock.Unlock()
				if n >= len(mutants) || time.Since(begun) > limit {
					return
				}
				f := try(binary, dir, n+1, quick, skip, patience)
				if f == survived {
					f = try(binary, dir, n+1, "", skip, patience)
				}
				lock.Lock()
				fates[n] = f
				done++
				switch f {
				case survived:
					fmt.Printf("survives  %s\n", mutants[n])
				case endless:
					fmt.Printf("for ever  %s\n", mutants[n])
				}
				if done%50 == 0 {
					fmt.Fprintf(os.Stderr, "%d of %d after %v\n", done, len(mutants), time.Since(begun).Round(time.Second))
				}
				lock.Unlock()
			}
		})
	}
	workers.Wait()
	report(mutants, fates)
	return nil
}

// try runs the tests with one mutant picked; 0 for none.
func try(binary, dir string, mutant int, tests, skip string, patience time.Duration) fate {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	args := []string{"-test.short", "-test.failfast", "-test.timeout=0", "-rapid.nofailfile", "-rapid.shrinktime=0s", "-rapid.seed=1"}
	if tests != "" {
		args = append(args, "-test.run="+tests)
	}
	if skip != "" {
		args = append(args, "-test.skip="+skip)
	}
	c := exec.CommandContext(ctx, binary, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "MUTANT="+strconv.Itoa(mutant), "GOMEMLIMIT=1GiB")
	err := c.Run()
	switch {
	case ctx.Err() != nil:
		return endless
	case err != nil:
		return killed
	}
	return survived
}

func report(mutants []mutant, fates []fate) {
	names := []string{}
	count := map[string]*[survived + 1]int{}
	for i, m := range mutants {
		for _, name := range [...]string{m.file, "all"} {
			if count[name] == nil {
				count[name] = &[survived + 1]int{}
				names = append(names, name)
			}
			count[name][fates[i]]++
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if (a == "all") != (b == "all") {
			if a == "all" {
				return 1
			}
			return -1
		}
		return strings.Compare(a, b)
	})
	fmt.Printf("\n| file | mutants | killed | run for ever | survive | not run |\n|---|---|---|---|---|---|\n")
	for _, name := range names {
		c := count[name]
		fmt.Printf("| %s | %d | %d | %d | %d | %d |\n", name, c[0]+c[1]+c[2]+c[3], c[killed], c[endless], c[survived], c[notRun])
	}
}
