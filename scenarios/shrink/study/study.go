package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"simrun/scenarios/mutants"
)

// study examines bugs: it compiles them, then looks for and shrinks one at a time, so that times mean something, and then compiles them with each of the
// unrelated changes.
type study struct {
	survive, afresh bool
	budget          uint64
	jobs            int
	work            string

	builder *mutants.Builder
	rough   *mutants.Builder // compiles fast what need not run fast
	bugs    []mutants.Mutant
	diffs   []mutants.Mutant // unrelated changes
	changes string           // digest of them
	plain   mutants.Program  // the sources as they are
}

// size is what "simrun shrink --json" says of a run.
type size struct {
	Faults     int    `json:"faults"`
	Messages   int    `json:"messages"`
	Operations int    `json:"operations"`
	Replicas   int    `json:"replicas"`
	Clients    int    `json:"clients"`
	Events     uint64 `json:"events"`
	Sent       uint64 `json:"sent"`
	Story      int    `json:"story"`
}

// result is what came of one bug.
type result struct {
	Bug      string            `json:"bug"`
	Scenario string            `json:"scenario"`
	Key      string            `json:"key"`              // of the program
	Missed   string            `json:"missed,omitempty"` // why there is no case
	Wrong    string            `json:"wrong,omitempty"`  // what should not be
	Check    string            `json:"check"`
	Seed     uint64            `json:"seed"`
	Before   size              `json:"before"`
	After    size              `json:"after"`
	Minimal  bool              `json:"minimal"`
	Runs     uint64            `json:"runs"`
	Seconds  float64           `json:"seconds"`            // by the wall clock
	CPU      float64           `json:"cpu"`                // seconds of all processors
	Outlived map[string]string `json:"outlived,omitempty"` // by diff: nothing if the case still fails in the same way, or why not
	Changed  map[string]bool   `json:"changed,omitempty"`  // by diff: whether the case's run is another one
	Changes  string            `json:"changes,omitempty"`  // digest of the diffs
}

const (
	unrelated = "scenarios/shrink/testdata/unrelated"
	program   = "./scenarios/shrink/study/program"
)

// open reads the diffs, and compiles the sources as they are.
func (s *study) open(ctx context.Context) (err error) {
	if s.work, err = filepath.Abs(s.work); err != nil {
		return err
	}
	cache, err := mutants.CacheDir()
	if err != nil {
		return err
	}
	tree := mutants.Simrun(".")
	tree.Main = program
	if s.builder, err = mutants.NewBuilder(ctx, tree, cache); err != nil {
		return err
	}
	tree.Flags = []string{"-gcflags=simrun/...=-N -l"}
	if s.rough, err = mutants.NewBuilder(ctx, tree, filepath.Join(s.work, "rough")); err != nil {
		return err
	}
	if s.bugs, err = s.builder.Mutants(); err != nil {
		return err
	}
	if s.plain, err = s.builder.Build(ctx, nil); err != nil {
		return err
	}
	digest := sha256.New()
	files, err := filepath.Glob(filepath.Join(filepath.FromSlash(unrelated), "*.diff"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		digest.Write(text)
		// It is no bug, and needs no header; mutants want one.
		const header = "wrong: nothing\nseen: nowhere\nneeds: none\nexpect: none\nscenario: kv\nfamily: machine\n"
		m, err := mutants.Parse(strings.TrimSuffix(filepath.Base(file), ".diff"), header+string(text))
		if err != nil {
			return err
		}
		s.diffs = append(s.diffs, m)
	}
	s.changes = hex.EncodeToString(digest.Sum(nil))[:16]
	return err
}

func (s *study) names() (list []string) {
	for _, d := range s.diffs {
		list = append(list, d.Name)
	}
	return list
}

// atOnce does something for each number below n, several at a time, and returns the first error in order.
func (s *study) atOnce(n int, do func(i int) error) error {
	errs := make([]error, n)
	next := make(chan int)
	var all sync.WaitGroup
	for range max(s.jobs, 1) {
		all.Go(func() {
			for i := range next {
				errs[i] = do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
	return errors.Join(errs...)
}

// compile compiles all these bugs, which the cache then has.
func (s *study) compile(ctx context.Context, bugs []mutants.Mutant) error {
	return s.atOnce(len(bugs), func(i int) error {
		if _, err := bugs[i].Apply(os.DirFS(".")); err != nil || ctx.Err() != nil {
			return ctx.Err() // see examine
		}
		_, err := s.builder.Build(ctx, &bugs[i])
		return err
	})
}

// examine finds a bug, replays and shrinks what was found, and replays that.
func (s *study) examine(ctx context.Context, m *mutants.Mutant) (result, error) {
	r := result{Bug: m.Name, Scenario: m.Scenario}
	if _, err := m.Apply(os.DirFS(".")); err != nil { // its own tests see to that
		r.Missed = err.Error()
		return r, nil
	}
	p, err := s.builder.Build(ctx, m)
	if err != nil {
		return r, err
	}
	dir := filepath.Join(s.work, m.Name)
	if known, ok := s.known(dir, p.Key); ok {
		return known, nil
	}
	r.Key = p.Key
	if err := s.find(ctx, p, dir, &r); err != nil {
		return r, err
	}
	return r, save(dir, &r)
}

// outlive replays the small case of a bug after each of the unrelated changes.
func (s *study) outlive(ctx context.Context, m *mutants.Mutant, r *result) error {
	if r.Missed != "" || r.Wrong != "" || r.Changes == s.changes {
		return ctx.Err()
	}
	p, err := s.builder.Build(ctx, m)
	if err != nil {
		return err
	}
	dir := filepath.Join(s.work, m.Name)
	before := s.call(ctx, p, dir, "replay", small, "--all")
	if before.err != nil {
		return before.err
	}
	r.Outlived, r.Changed = map[string]string{}, map[string]bool{}
	for i := range s.diffs {
		if err := s.outlives(ctx, m, &s.diffs[i], &before, r); err != nil {
			return err
		}
	}
	r.Changes = s.changes
	return save(dir, r)
}

// known returns what was measured of this program before.
func (s *study) known(dir, key string) (r result, ok bool) {
	text, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if s.afresh || err != nil || json.Unmarshal(text, &r) != nil || r.Key != key {
		return result{}, false
	}
	if r.Changes != s.changes { // it is not known any more what it outlives
		r.Outlived, r.Changed, r.Changes = nil, nil, ""
	}
	return r, true
}

func save(dir string, r *result) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "result.json"), append(text, '\n'), 0o644)
}

const (
	found = "artifact.json"
	small = "artifact.min.json"
)

func (s *study) find(ctx context.Context, p mutants.Program, dir string, r *result) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	jobs := fmt.Sprint(s.jobs)
	seek := s.call(ctx, p, dir, "seek", r.Scenario, "--count", fmt.Sprint(s.budget), "--jobs", jobs, "--watchdog", "5s", "--artifact", found)
	switch {
	case seek.err != nil:
		return seek.err
	case seek.status == 0:
		r.Missed = "not found"
		return nil
	case seek.status != 1:
		return fmt.Errorf("%s: seek: exit status %d: %s", r.Bug, seek.status, seek.errors)
	}
	var sought struct {
		Seed        uint64 `json:"seed"`
		Fingerprint string `json:"fingerprint"`
	}
	if err := json.Unmarshal([]byte(seek.out), &sought); err != nil {
		return fmt.Errorf("%s: seek: %w", r.Bug, err)
	}
	r.Seed, r.Check = sought.Seed, sought.Fingerprint
	if strings.HasPrefix(r.Check, "watchdog") {
		r.Missed = "a handler never returns, so that no other run like it can be tried"
		return nil
	}
	if again := s.call(ctx, p, dir, "replay", found); again.err != nil || !again.same() {
		r.Wrong = "its replay is another run: " + again.last()
		return again.err
	}
	shrink := s.call(ctx, p, dir, "shrink", found, "--json", "--jobs", jobs, "--out", small)
	if shrink.err != nil {
		return shrink.err
	}
	r.Seconds, r.CPU = shrink.wall.Seconds(), shrink.cpu.Seconds()
	if err := json.Unmarshal([]byte(shrink.out), r); shrink.status != 0 || err != nil {
		return fmt.Errorf("%s: shrink: exit status %d: %s", r.Bug, shrink.status, shrink.errors)
	}
	if again := s.call(ctx, p, dir, "replay", small); again.err != nil || !again.same() {
		r.Wrong = "the replay of the small case is another run: " + again.last()
		return again.err
	}
	if without := s.call(ctx, s.plain, dir, "replay", small); without.err != nil || without.status != 0 && !without.unrecoverable() {
		r.Wrong = fmt.Sprintf("without the bug, the small case does not pass: %s", without.verdict())
		return without.err
	}
	return nil
}

// outlives replays the small case in a program with the bug and an unrelated change, and notes whether it still fails in the same way, or why not, and
// whether its run is another one than before.
func (s *study) outlives(ctx context.Context, bug, change *mutants.Mutant, before *said, r *result) error {
	both := together(bug, change)
	if _, err := both.Apply(os.DirFS(".")); err != nil {
		r.Outlived[change.Name] = "the bug and the change are about the same lines"
		return nil
	}
	p, err := s.rough.Build(ctx, &both)
	if err != nil {
		return errors.Join(ctx.Err(), err)
	}
	defer os.RemoveAll(filepath.Dir(p.Path)) // there are many, and each is used once
	o := s.call(ctx, p, filepath.Join(s.work, bug.Name), "replay", small, "--all", "-v")
	if o.err != nil {
		return o.err
	}
	r.Outlived[change.Name], r.Changed[change.Name] = "", o.out != before.out
	if !o.same() && !(o.status == 1 && strings.Contains(o.out, "\nsame verdict as in the artifact")) {
		r.Outlived[change.Name] = o.why()
	}
	return nil
}

// together returns a bug and a change as one mutant. A file that both change has the hunks of both, in order.
func together(bug, change *mutants.Mutant) mutants.Mutant {
	both := *bug
	both.Name += " and " + change.Name
	both.Files = slices.Clone(bug.Files)
	for _, p := range change.Files {
		i := slices.IndexFunc(both.Files, func(q mutants.Patch) bool { return q.Path == p.Path })
		if i < 0 {
			both.Files = append(both.Files, p)
			continue
		}
		hunks := append(slices.Clone(both.Files[i].Hunks), p.Hunks...)
		slices.SortStableFunc(hunks, func(a, b mutants.Hunk) int { return a.Line - b.Line })
		both.Files[i] = mutants.Patch{Path: p.Path, Hunks: hunks}
	}
	return both
}

// said is what came of a command.
type said struct {
	out, errors string
	status      int
	wall, cpu   time.Duration
	err         error // it could not be run, or was interrupted
}

// call runs a command of a program.
func (s *study) call(ctx context.Context, p mutants.Program, dir string, args ...string) said {
	var out, errs bytes.Buffer
	c := exec.CommandContext(ctx, p.Path, args...)
	c.Dir, c.Stdout, c.Stderr = dir, &out, &errs
	began := time.Now()
	err := c.Run()
	o := said{out: out.String(), errors: strings.TrimSpace(errs.String()), wall: time.Since(began)}
	if c.ProcessState != nil {
		o.status, o.cpu = c.ProcessState.ExitCode(), c.ProcessState.UserTime()+c.ProcessState.SystemTime()
	}
	var exit *exec.ExitError
	if ctx.Err() != nil {
		o.err = ctx.Err()
	} else if err != nil && !errors.As(err, &exit) {
		o.err = err
	}
	return o
}

// same tells whether a replay was the artifact's run, byte for byte.
func (o said) same() bool {
	return o.status == 1 && strings.Contains(o.out, "\nsame verdict and same trace hash as in the artifact")
}

func (o said) last() string {
	lines := strings.Split(strings.TrimSpace(o.out), "\n")
	return lines[len(lines)-1]
}

// tail returns the lines of a replay from the verdict on.
func (o said) tail() []string {
	blocks := strings.Split(strings.TrimSpace(o.out), "\n\n")
	return strings.Split(blocks[len(blocks)-1], "\n")
}

func (o said) verdict() string { return o.tail()[0] }

// unrecoverable tells whether a replay says that more was destroyed than the group can survive: what was done right, then, is to go no further.
func (o said) unrecoverable() bool {
	_, verdict, _ := strings.Cut(o.verdict(), ": ")
	return strings.HasPrefix(verdict, "unrecoverable")
}

// why tells in one line why a replay did not fail as the artifact did, in the words of the replay.
func (o said) why() string {
	var parts []string
	for i, line := range o.tail() {
		if i == 0 {
			_, line, _ = strings.Cut(line, ": ")
		}
		switch {
		case i == 0, strings.Contains(line, "was never sent"), strings.Contains(line, "struck nothing"), strings.HasPrefix(line, "all that came last"):
			parts = append(parts, line)
		case strings.HasPrefix(line, "of what came last") && i+1 < len(o.tail()):
			_, how, _ := strings.Cut(line, "the first that ")
			how, _, _ = strings.Cut(how, " in this one")
			_, event, _ := strings.Cut(o.tail()[i+1], "ms  ")
			parts = append(parts, fmt.Sprintf("%q %s", strings.Join(strings.Fields(event), " "), how))
		case strings.HasPrefix(line, "the run is the artifact's"):
			line, _, _ := strings.Cut(line, "; what comes first")
			parts = append(parts, line)
		case line == "where the artifact has:" && i+1 < len(o.tail()):
			_, event, _ := strings.Cut(o.tail()[i+1], "ms  ")
			parts = append(parts, fmt.Sprintf("where the artifact has %q", strings.Join(strings.Fields(event), " ")))
		}
	}
	return strings.Join(parts, "; ")
}
