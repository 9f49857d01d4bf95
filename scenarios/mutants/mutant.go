package mutants

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Mutant is one planted bug.
type Mutant struct {
	Name     string   // of the file, without its extension
	Wrong    string   // what is wrong, in a sentence
	Seen     string   // where it really happened
	Needs    []string // the faults without which it hardly shows; none if it needs no help
	Expect   []string // the checks that should fire, the likeliest first
	Scenario string   // in which it is looked for
	Family   string   // the part of a protocol that it is about
	Files    []Patch  // in the order of the diff
}

// Patch is what a diff does to one file.
type Patch struct {
	Path  string // from the root of the repository, with slashes
	Hunks []Hunk
}

// Hunk is one change.
type Hunk struct {
	Line  int // in the original, from 1, of the first of Lines
	Lines []Line
}

// Line is a line of a hunk.
type Line struct {
	Op   byte // ' ' for context, '-' for a line that is taken out, '+' for one that is put in
	Text string
}

// Families are what a mutant's family may be.
var Families = []string{"ballots", "quorums", "durability", "recovery", "catch-up", "sessions", "machine", "membership", "reads", "liveness"}

// Load reads all mutants in the folder, by name. The error names the file.
func Load(dir fs.FS) ([]Mutant, error) {
	names, err := fs.Glob(dir, "*.diff")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	all := make([]Mutant, 0, len(names))
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		m, err := Parse(strings.TrimSuffix(path.Base(name), ".diff"), string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// Parse reads the text of the diff called name.
func Parse(name, text string) (Mutant, error) {
	m := Mutant{Name: name}
	fail := func(line int, format string, args ...any) (Mutant, error) {
		return m, fmt.Errorf("%s.diff: line %d: %s", name, line, fmt.Sprintf(format, args...))
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	at := 0
	for ; at < len(lines) && !strings.HasPrefix(lines[at], "--- "); at++ {
		if ofGit(lines[at]) {
			continue
		}
		key, value, ok := strings.Cut(lines[at], ": ")
		if !ok || !m.set(key, value) {
			return fail(at+1, "%q is no line of a header", lines[at])
		}
	}
	for at < len(lines) {
		if ofGit(lines[at]) {
			at++
			continue
		}
		from, ok1 := strings.CutPrefix(lines[at], "--- a/")
		if at+1 == len(lines) {
			return fail(at+1, "the diff ends in a file's name")
		}
		to, ok2 := strings.CutPrefix(lines[at+1], "+++ b/")
		if !ok1 || !ok2 || from != to || !fs.ValidPath(from) {
			return fail(at+1, "a file begins with the lines --- a/PATH and +++ b/PATH, of one path")
		}
		p := Patch{Path: from}
		for at += 2; at < len(lines) && strings.HasPrefix(lines[at], "@@"); {
			var h Hunk
			var old, changed, ignored int
			if _, err := fmt.Sscanf(lines[at], "@@ -%d,%d +%d,%d @@", &h.Line, &old, &ignored, &changed); err != nil {
				return fail(at+1, "%q is not as in @@ -1,2 +1,3 @@", lines[at])
			}
			for at++; at < len(lines) && (old > 0 || changed > 0); at++ {
				if lines[at] == "" {
					return fail(at+1, "an empty line: one of context begins with a space")
				}
				l := Line{lines[at][0], lines[at][1:]}
				switch l.Op {
				case ' ':
					old, changed = old-1, changed-1
				case '-':
					old--
				case '+':
					changed--
				default:
					return fail(at+1, "%q begins with neither a space nor - nor +", lines[at])
				}
				h.Lines = append(h.Lines, l)
			}
			if old != 0 || changed != 0 {
				return fail(at, "the hunk has another length than its head says")
			}
			p.Hunks = append(p.Hunks, h)
		}
		if len(p.Hunks) == 0 {
			return fail(at, "%s is named, and nothing changes in it", p.Path)
		}
		m.Files = append(m.Files, p)
	}
	if err := m.check(); err != nil {
		return m, fmt.Errorf("%s.diff: %w", name, err)
	}
	return m, nil
}

// ofGit tells whether a line is one that git diff writes ahead of a file's, and that says nothing more.
func ofGit(line string) bool {
	return strings.HasPrefix(line, "diff --git ") || strings.HasPrefix(line, "index ")
}

func (m *Mutant) set(key, value string) bool {
	switch key {
	case "wrong":
		m.Wrong = value
	case "seen":
		m.Seen = value
	case "needs":
		if value != "none" {
			m.Needs = strings.Split(value, ", ")
		}
	case "expect":
		m.Expect = strings.Split(value, ", ")
	case "scenario":
		m.Scenario = value
	case "family":
		m.Family = value
	default:
		return false
	}
	return true
}

func (m *Mutant) check() error {
	switch {
	case m.Wrong == "" || m.Seen == "" || len(m.Expect) == 0 || m.Scenario == "":
		return errors.New("the header needs wrong, seen, needs, expect, scenario and family")
	case !slices.Contains(Families, m.Family):
		return fmt.Errorf("there is no family %q: there are %s", m.Family, strings.Join(Families, ", "))
	case len(m.Files) == 0:
		return errors.New("there is no diff in it")
	}
	return nil
}

// String writes the mutant as Parse reads it. Line numbers of the changed side are worked out anew.
func (m Mutant) String() string {
	var b strings.Builder
	needs := "none"
	if len(m.Needs) > 0 {
		needs = strings.Join(m.Needs, ", ")
	}
	fmt.Fprintf(&b, "wrong: %s\nseen: %s\nneeds: %s\nexpect: %s\nscenario: %s\nfamily: %s\n",
		m.Wrong, m.Seen, needs, strings.Join(m.Expect, ", "), m.Scenario, m.Family)
	for _, p := range m.Files {
		fmt.Fprintf(&b, "--- a/%s\n+++ b/%s\n", p.Path, p.Path)
		shift := 0
		for _, h := range p.Hunks {
			old, changed := len(h.side('-')), len(h.side('+'))
			fmt.Fprintf(&b, "@@ -%d,%d +%d,%d @@\n", h.Line, old, h.Line+shift, changed)
			shift += changed - old
			for _, l := range h.Lines {
				fmt.Fprintf(&b, "%c%s\n", l.Op, l.Text)
			}
		}
	}
	return b.String()
}

// side returns the lines of the original, op '-', or of what becomes of it, op '+'.
func (h Hunk) side(op byte) []string {
	var lines []string
	for _, l := range h.Lines {
		if l.Op == ' ' || l.Op == op {
			lines = append(lines, l.Text)
		}
	}
	return lines
}
