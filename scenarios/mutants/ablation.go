package mutants

import (
	"fmt"
	"slices"
	"strings"
)

// CutAt is at how many times a mutant's median with all families of faults the search without one of them gives up.
const CutAt = 20

// CutBudget returns the budget of a search for a mutant without some family of faults, given how it was found with all of them. ok is false
// if half of the searches found nothing even so: then nothing can be told.
func CutBudget(whole *Score) (budget uint64, ok bool) {
	if whole.Runs.Median == Censored {
		return 0, false
	}
	return min(whole.Budget, CutAt*uint64(whole.Runs.Median)), true
}

// Slower tells how many times as long it takes to find a mutant without a family of faults, by the medians. If less than half of the searches without it
// found anything, it is the least that it may be, and atLeast is true.
func Slower(whole, less *Score) (factor float64, atLeast bool) {
	if less.Runs.Median == Censored {
		return float64(less.Budget) / whole.Runs.Median, true
	}
	return less.Runs.Median / whole.Runs.Median, false
}

// Chance returns how likely as few finds as without the family, or fewer, would be if the family made no difference: both rates being the same, a find is
// one of the searches without it by their share of all runs.
func Chance(whole, less *Score) float64 {
	return atMost(uint64(less.Found), uint64(whole.Found+less.Found), float64(less.Total)/float64(whole.Total+less.Total))
}

// Family tells what a family of faults is worth to a strategy: what becomes of the mutants when a profile is without it.
type Family struct {
	Name     string             `json:"family"`
	Strategy string             `json:"strategy"`
	Measured int                `json:"measured"` // mutants that are not trivial, and found by half of the searches with all families
	Doubled  []string           `json:"doubled"`  // take twice as many runs without it, the slowest first
	Surely   []string           `json:"surely"`   // those of Doubled for which that is not by chance
	Halved   int                `json:"halved"`   // mutants found in half as many runs: what the family takes from the others
	Factors  map[string]float64 `json:"factors"`  // times as many runs; the least that it may be where most searches were given up
	cells    map[string]string
}

// level is how likely it may be that a family is taken for needed by any of all mutants and is not.
const level = 0.05

// Families sums up what was measured without each family.
func (b *Board) Families() (list []Family) {
	whole := map[[2]string]*Score{}
	for i := range b.Scores {
		whole[[2]string{b.Scores[i].Mutant, b.Scores[i].Strategy}] = &b.Scores[i]
	}
	tests := 0.0
	for i := range b.Ablated {
		if b.Ablated[i].Without == b.Ablated[0].Without && b.Ablated[i].Strategy == b.Ablated[0].Strategy {
			tests++
		}
	}
	for i := range b.Ablated {
		less := &b.Ablated[i]
		with := whole[[2]string{less.Mutant, less.Strategy}]
		if with == nil || with.Runs.Median == Censored {
			continue
		}
		at := slices.IndexFunc(list, func(f Family) bool { return f.Name == less.Without && f.Strategy == less.Strategy })
		if at < 0 {
			at = len(list)
			list = append(list, Family{Name: less.Without, Strategy: less.Strategy, cells: map[string]string{}, Factors: map[string]float64{}})
		}
		f := &list[at]
		f.Measured++
		factor, atLeast := Slower(with, less)
		sign := ""
		if atLeast {
			sign = ">"
		}
		f.cells[less.Mutant], f.Factors[less.Mutant] = sign+twoDigits(factor), factor
		switch {
		case factor >= 2:
			f.Doubled = append(f.Doubled, less.Mutant)
			if Chance(with, less) < level/tests {
				f.Surely = append(f.Surely, less.Mutant)
				f.cells[less.Mutant] = "**" + f.cells[less.Mutant] + "**"
			}
		case factor <= 0.5 && !atLeast:
			f.Halved++
		}
	}
	for i := range list {
		f := &list[i]
		slower := func(a, b string) int {
			switch d := f.Factors[b] - f.Factors[a]; {
			case d > 0:
				return 1
			case d < 0:
				return -1
			}
			return strings.Compare(a, b)
		}
		slices.SortFunc(f.Doubled, slower)
		slices.SortFunc(f.Surely, slower)
	}
	return list
}

// told writes mutants with their factors, the first few of them.
func (f *Family) told(names []string) string {
	const few = 5
	var parts []string
	for _, name := range names[:min(len(names), few)] {
		parts = append(parts, name+" "+strings.Trim(f.cells[name], "*"))
	}
	if len(names) > few {
		parts = append(parts, fmt.Sprintf("and %d more", len(names)-few))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

// verdict says whether the family is redundant by the table.
func (f *Family) verdict() string {
	switch {
	case len(f.Doubled) == 0:
		return "redundant: no bug takes twice as long"
	case len(f.Surely) == 0:
		return "maybe redundant: chance explains as much"
	}
	return "needed"
}

// familyRows returns the table of what each family is worth.
func (b *Board) familyRows() (heading []string, rows [][]string) {
	heading = []string{"without", "strategy", "bugs measured", "take twice as many runs", "of these not by chance", "take half as many", "slowest, times as many runs", "so it is"}
	list := b.Families()
	for i := range list {
		f := &list[i]
		rows = append(rows, []string{
			f.Name, f.Strategy, fmt.Sprint(f.Measured), fmt.Sprint(len(f.Doubled)), fmt.Sprint(len(f.Surely)), fmt.Sprint(f.Halved), f.told(f.Doubled), f.verdict(),
		})
	}
	return heading, rows
}

// ablationRows returns how many times as many runs each bug takes without each family.
func (b *Board) ablationRows() (heading []string, rows [][]string) {
	list := b.Families()
	heading = []string{"bug", "strategy"}
	for i := range list {
		if !slices.Contains(heading[2:], list[i].Name) {
			heading = append(heading, list[i].Name)
		}
	}
	for i := range b.Scores {
		s := &b.Scores[i]
		row, measured := []string{s.Mutant, s.Strategy}, false
		for _, name := range heading[2:] {
			cell := "-"
			for j := range list {
				if text, ok := list[j].cells[s.Mutant]; ok && list[j].Name == name && list[j].Strategy == s.Strategy {
					cell, measured = text, true
				}
			}
			row = append(row, cell)
		}
		if measured {
			rows = append(rows, row)
		}
	}
	return heading, rows
}
