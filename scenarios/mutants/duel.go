package mutants

import (
	"fmt"
	"strings"
)

// Duel holds one strategy against another, bug by bug.
type Duel struct {
	Strategy string   `json:"strategy"`
	Against  string   `json:"against"`
	Measured int      `json:"measured"` // bugs that are not trivial, and found by either
	Wins     []string `json:"wins"`     // bugs that it finds in fewer runs, and not by chance
	Losses   []string `json:"losses"`   // bugs that the other does
	cells    map[string]string
}

// Duels holds each strategy of the board against the first of them. Equal chances would show any win or loss at all in less than level of boards like this.
func (b *Board) Duels() (list []Duel) {
	names := b.strategies()
	if len(names) < 2 {
		return nil
	}
	by := map[[2]string]*Score{}
	bugs := 0
	for i := range b.Scores {
		s := &b.Scores[i]
		if s.Mutant == Unchanged || s.Trivial {
			continue
		}
		by[[2]string{s.Mutant, s.Strategy}] = s
		if s.Strategy == names[0] {
			bugs++
		}
	}
	tests := float64(2 * bugs * (len(names) - 1))
	for _, name := range names[1:] {
		d := Duel{Strategy: name, Against: names[0], cells: map[string]string{}}
		for i := range b.Scores {
			one := &b.Scores[i]
			other := by[[2]string{one.Mutant, names[0]}]
			if one.Strategy != name || by[[2]string{one.Mutant, name}] == nil || other == nil || one.Found+other.Found == 0 {
				continue
			}
			d.Measured++
			rates := fmt.Sprintf("%s against %s", rate(one), rate(other))
			switch {
			case Chance(one, other) < level/tests:
				d.Wins = append(d.Wins, one.Mutant)
				d.cells[one.Mutant] = rates
			case Chance(other, one) < level/tests:
				d.Losses = append(d.Losses, one.Mutant)
				d.cells[one.Mutant] = rates
			}
		}
		list = append(list, d)
	}
	return list
}

// told lists bugs with both chances that a run shows them.
func (d *Duel) told(names []string) string {
	if len(names) == 0 {
		return "-"
	}
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = fmt.Sprintf("%s (%s)", name, d.cells[name])
	}
	return strings.Join(parts, ", ")
}

// duelRows returns the table of duels.
func (b *Board) duelRows() (heading []string, rows [][]string) {
	heading = []string{"strategy", "against", "bugs measured", "wins", "losses", "it wins on: chance of a run", "it loses on"}
	for _, d := range b.Duels() {
		rows = append(rows, []string{d.Strategy, d.Against, fmt.Sprint(d.Measured), fmt.Sprint(len(d.Wins)), fmt.Sprint(len(d.Losses)), d.told(d.Wins), d.told(d.Losses)})
	}
	return heading, rows
}

// duelSummary says in a line for each strategy how it fared against the first.
func (b *Board) duelSummary() (lines []string) {
	for _, d := range b.Duels() {
		lines = append(lines, fmt.Sprintf("%s against %s: surely better on %d of %d bugs, surely worse on %d", d.Strategy, d.Against, len(d.Wins), d.Measured, len(d.Losses)))
	}
	return lines
}
