package mutants

import (
	"fmt"
	"slices"
	"strings"
)

// Check is one of the checks that a run is judged by.
type Check struct {
	Name   string `json:"name"` // as fingerprints begin, such as "agreement" or "liveness: no progress"
	Doc    string `json:"doc"`
	Guard  bool   `json:"guard,omitempty"`  // it guards the testbed and not the protocols: no planted bug can make it fire
	Behind string `json:"behind,omitempty"` // why another check is expected to fire before it; empty if none is
}

// Covers tells whether the fingerprint is one of the check's.
func (c *Check) Covers(fingerprint string) bool {
	rest, ok := strings.CutPrefix(fingerprint, c.Name)
	return ok && (rest == "" || rest[0] == ':')
}

// Firing tells on which mutants a check fired first.
type Firing struct {
	Check
	Mutants map[string]int `json:"mutants"` // on which it fired first, in how many searches
	Alone   []string       `json:"alone"`   // on which no other check fired first in any search
}

// Firings tells so of each check of the board, and of those that fired and are not in its list. Searches without some family of faults do not count.
func (b *Board) Firings() []Firing {
	list := make([]Firing, len(b.Checks))
	for i := range list {
		list[i] = Firing{Check: b.Checks[i], Mutants: map[string]int{}}
	}
	by := map[string]map[int]bool{} // mutant to checks
	for i := range b.Scores {
		s := &b.Scores[i]
		if s.Mutant == Unchanged {
			continue
		}
		for _, fingerprint := range names(s.Shapes) {
			at := slices.IndexFunc(list, func(f Firing) bool { return f.Covers(fingerprint) })
			if at < 0 {
				at = len(list)
				list = append(list, Firing{Check: Check{Name: fingerprint, Doc: "not in the list of checks"}, Mutants: map[string]int{}})
			}
			list[at].Mutants[s.Mutant] += s.Shapes[fingerprint]
			if by[s.Mutant] == nil {
				by[s.Mutant] = map[int]bool{}
			}
			by[s.Mutant][at] = true
		}
	}
	for _, mutant := range names(by) {
		if len(by[mutant]) == 1 {
			for at := range by[mutant] {
				list[at].Alone = append(list[at].Alone, mutant)
			}
		}
	}
	return list
}

// checkRows returns the table of checks.
func (b *Board) checkRows() (heading []string, rows [][]string) {
	heading = []string{"check", "what it says", "fired first on", "alone on", "bugs, by searches"}
	for _, f := range b.Firings() {
		var parts []string
		for _, name := range byCount(f.Mutants) {
			parts = append(parts, fmt.Sprintf("%s %d", name, f.Mutants[name]))
		}
		bugs := strings.Join(parts, ", ")
		switch {
		case f.Guard && len(parts) == 0:
			bugs = "none: it guards the testbed itself"
		case len(parts) == 0 && f.Behind != "":
			bugs = "none: redundant, since " + f.Behind
		case len(parts) == 0:
			bugs = "none: redundant, as far as these bugs tell"
		}
		rows = append(rows, []string{f.Name, f.Doc, fmt.Sprint(len(f.Mutants)), fmt.Sprint(len(f.Alone)), bugs})
	}
	return heading, rows
}

// checkSummary says in a line how many of the checks fired first somewhere, and names the others.
func (b *Board) checkSummary() string {
	fired, of := 0, 0
	var silent []string
	for _, f := range b.Firings() {
		if f.Guard {
			continue
		}
		of++
		if len(f.Mutants) > 0 {
			fired++
		} else {
			silent = append(silent, f.Name)
		}
	}
	text := fmt.Sprintf("%d of %d checks fired first on some bug", fired, of)
	if len(silent) > 0 {
		text += "; not " + strings.Join(silent, ", ")
	}
	return text
}

// names returns the keys of a map in order.
func names[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for name := range m {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// byCount returns the keys of a map, those of the highest count first.
func byCount(m map[string]int) []string {
	list := names(m)
	slices.SortStableFunc(list, func(a, b string) int { return m[b] - m[a] })
	return list
}
