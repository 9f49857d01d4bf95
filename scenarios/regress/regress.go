// Package regress holds runs against what came of them before. A corpus is a folder of artifacts, mostly small cases that failed once, and a
// file golden.txt, which says of each of them and of some seeds what must come of it: verdict and trace hash. A line of it is
//
//	seed kv default 7 pass 0a1b2c3d4e5f6071
//	artifact kv-stale-read.json pass 0a1b2c3d4e5f6071
//
// and ends with the fingerprint where a violation is expected. An artifact without a line must pass, whatever its hash. Verdicts
// change when something breaks or is mended, hashes with every change of what a run does; whoever wanted the change accepts it.
package regress

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
	"simrun/sim"
)

// Golden is the name of the file in a corpus that says what must come of its cases.
const Golden = "golden.txt"

// Suite is a corpus.
type Suite struct {
	dir   string
	only  []string // scenarios whose cases are run; empty for all
	Cases []Case
}

// Case is one run of a corpus.
type Case struct {
	Name     string // its words in the golden file: "seed kv default 7"
	Want     Outcome
	Scenario scenarios.Scenario
	Input    scenarios.Input
	Profile  string
	Refused  error  // why it cannot be run
	of       string // name of its scenario, as far as it is known
	gone     bool   // an artifact that was deleted
}

// Gone tells whether it is a line of the golden file about an artifact that is not there. What is written anew has no such line.
func (c *Case) Gone() bool { return c.gone }

// Outcome is what came of a run. A zero Hash is not known, and compared with none.
type Outcome struct {
	Verdict     string
	Fingerprint string
	Hash        sim.Hash
}

// String writes the outcome as in the golden file.
func (o Outcome) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %v %s", o.Verdict, o.Hash, o.Fingerprint))
}

// pass is what must come of a case of which nothing is said.
var pass = Outcome{Verdict: checker.Pass.String()}

// Load reads a corpus, of which the cases of the scenarios named will be run, or all if none is. A case that cannot be run, such as one of a
// scenario that is not registered, is a change. The error names file and line.
func Load(dir string, only ...string) (*Suite, error) {
	s := &Suite{dir: dir, only: only}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s is no folder: a corpus is one, with artifacts and %s in it", dir, Golden)
	}
	wanted, err := s.readGolden()
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if strings.ContainsFunc(filepath.Base(file), unicode.IsSpace) {
			return nil, fmt.Errorf("%q: a line of %s cannot name a file with a space in its name: rename it", file, Golden)
		}
		c := Case{Name: "artifact " + filepath.Base(file), Want: pass}
		a, of, err := scenarios.LoadArtifact(file)
		c.Scenario, c.Input, c.Profile, c.Refused, c.of = of, a.Input, a.Profile, err, a.Scenario
		if i := slices.IndexFunc(wanted, func(w Case) bool { return w.Name == c.Name }); i >= 0 {
			c.Want = wanted[i].Want
			wanted = slices.Delete(wanted, i, i+1)
		}
		s.Cases = append(s.Cases, c)
	}
	for _, w := range wanted {
		if err := w.draw(); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, Golden), err)
		}
		s.Cases = append(s.Cases, w)
	}
	return s, nil
}

// maxGolden bounds the size of a golden file, in bytes.
const maxGolden = 64 << 20

// readGolden reads the lines of the golden file, if there is one.
func (s *Suite) readGolden() (all []Case, err error) {
	file := filepath.Join(s.dir, Golden)
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxGolden+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxGolden {
		return nil, fmt.Errorf("%s: larger than %d MiB, which no such file is", file, maxGolden>>20)
	}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		c, err := parse(line)
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", file, number, err)
		}
		if slices.ContainsFunc(all, func(b Case) bool { return b.Name == c.Name }) {
			return nil, fmt.Errorf("%s: line %d: %s has a line already", file, number, c.Name)
		}
		all = append(all, c)
	}
	return all, nil
}

// parse reads a line of the golden file.
func parse(line string) (c Case, err error) {
	words := strings.Fields(line)
	n := map[string]int{"seed": 4, "artifact": 2}[words[0]]
	if n == 0 || len(words) < n+2 {
		return c, fmt.Errorf("%q is neither \"seed SCENARIO PROFILE SEED VERDICT HASH\" nor \"artifact FILE VERDICT HASH\"", line)
	}
	c.Name = strings.Join(words[:n], " ")
	c.Want = Outcome{Verdict: words[n], Fingerprint: strings.Join(words[n+2:], " ")}
	if _, err := checker.ParseKind(c.Want.Verdict); err != nil {
		return c, err
	}
	c.Want.Hash, err = sim.ParseHash(words[n+1])
	return c, err
}

// draw makes the input of a seed's case.
func (c *Case) draw() (err error) {
	words := strings.Fields(c.Name)
	if words[0] == "artifact" {
		c.Refused, c.gone = errors.New("there is no such file"), true
		return nil
	}
	profile, err := faults.FindProfile(words[2])
	if err != nil {
		return err
	}
	c.Profile = profile.Name
	if c.Input.Seed, err = scenarios.ParseSeed(words[3]); err != nil {
		return err
	}
	c.of = words[1]
	if c.Scenario, err = scenarios.Find(words[1]); err != nil {
		c.Refused = err
		return nil
	}
	c.Input.Config, c.Input.Plan = c.Scenario.Draw(c.Input.Seed, profile)
	return nil
}

// Add adds seeds of a scenario, of which nothing is said yet. Those that are in the corpus stay as they are.
func (s *Suite) Add(of scenarios.Scenario, profile faults.Profile, seeds scenarios.Seeds) {
	known := map[string]bool{}
	for i := range s.Cases {
		known[s.Cases[i].Name] = true
	}
	for i := range seeds.Len() {
		c := Case{Name: fmt.Sprintf("seed %s %s %d", of.Name, profile.Name, seeds.At(i)), Want: pass}
		if known[c.Name] {
			continue
		}
		if err := c.draw(); err != nil {
			panic("regress: " + err.Error()) // scenario and profile are at hand
		}
		s.Cases = append(s.Cases, c)
	}
}

// Change is a case of which something else came than must.
type Change struct {
	Case *Case
	Got  Outcome
}

// String tells the change in one line.
func (c Change) String() string {
	switch {
	case c.Case.Refused != nil:
		return fmt.Sprintf("%s: cannot be run: %v", c.Case.Name, c.Case.Refused)
	case c.Verdict():
		return fmt.Sprintf("%s: was %s, is %s", c.Case.Name, told(c.Case.Want), told(c.Got))
	case c.Case.Want.Hash == 0:
		return fmt.Sprintf("%s: new, %s", c.Case.Name, c.Got)
	}
	return fmt.Sprintf("%s: still %s, and another run: hash was %v, is %v", c.Case.Name, told(c.Got), c.Case.Want.Hash, c.Got.Hash)
}

func told(o Outcome) string {
	if o.Fingerprint == "" {
		return o.Verdict
	}
	return o.Verdict + " (" + o.Fingerprint + ")"
}

// Verdict tells whether more than the hash changed.
func (c Change) Verdict() bool {
	return c.Case.Refused != nil || c.Got.Verdict != c.Case.Want.Verdict || c.Got.Fingerprint != c.Case.Want.Fingerprint
}

// New tells whether the case was run for the first time, and passed.
func (c Change) New() bool { return !c.Verdict() && c.Case.Want.Hash == 0 }

// Run runs the cases in order, tells began of each, and hands those to changed that changed. It returns the context's error if that cut it short.
func (s *Suite) Run(ctx context.Context, began func(*Case), changed func(Change)) error {
	clusters := map[string]scenarios.Cluster{}
	defer func() {
		for _, c := range clusters {
			c.Close()
		}
	}()
	for i := range s.Cases {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c := &s.Cases[i]
		if len(s.only) > 0 && c.of != "" && !slices.Contains(s.only, c.of) {
			continue
		}
		began(c)
		change := Change{Case: c}
		if c.Refused == nil {
			cluster := clusters[c.Scenario.Name]
			if cluster == nil {
				cluster = c.Scenario.NewCluster()
				clusters[c.Scenario.Name] = cluster
			}
			r := scenarios.Run(cluster, c.Input)
			change.Got = Outcome{Verdict: r.Verdict.Kind.String(), Fingerprint: strings.Join(strings.Fields(r.Verdict.Fingerprint), " "), Hash: r.Hash}
		}
		if change.Verdict() || change.Got.Hash != c.Want.Hash {
			changed(change)
		}
	}
	return nil
}

// Accept makes what came of a case what must come of it from now on. Write keeps it.
func (c Change) Accept() {
	if c.Case.Refused == nil {
		c.Case.Want = c.Got
	}
}

const heading = `# What must come of the runs of this corpus: see "simrun help regress", which --accept makes write this file.
`

// File returns the path of the golden file.
func (s *Suite) File() string { return filepath.Join(s.dir, Golden) }

// Write writes the golden file, whole or not at all.
func (s *Suite) Write() error {
	lines := make([]string, 0, len(s.Cases))
	for i := range s.Cases {
		if c := &s.Cases[i]; c.Want.Hash != 0 && !c.gone {
			lines = append(lines, c.Name+" "+c.Want.String()+"\n")
		}
	}
	return scenarios.WriteFile(s.File(), []byte(heading+strings.Join(lines, "")))
}
