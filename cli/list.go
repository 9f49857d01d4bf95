package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"simrun/faults"
	"simrun/scenarios"
)

func listCommand(t *term) *cobra.Command {
	var verbose bool
	c := &cobra.Command{
		Use: "list", Short: "list the scenarios, the fault profiles and the kinds of faults", Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			t.printf("%s\n", t.paint(head, "Scenarios"))
			list(t, ownScenarios(verbose))
			t.printf("\n%s\n", t.paint(head, "Stories: simrun replay --scenario NAME --seed 0 tells one, simrun run NAME varies it"))
			list(t, stories(verbose))
			t.printf("\n%s\n", t.paint(head, "Profiles"))
			var profiles, kinds []entry
			for _, p := range faults.Profiles() {
				profiles = append(profiles, entry{name: p.Name, doc: p.Doc})
			}
			list(t, append(profiles, entry{name: "NAME,no-FAMILY", doc: "any of them, less a family of faults: " + strings.Join(families(), ", ")}))
			t.printf("\n%s\n", t.paint(head, "Faults"))
			for k := faults.Kind(1); k < faults.NumKinds; k++ {
				kinds = append(kinds, entry{name: k.String(), doc: k.Doc()})
			}
			list(t, kinds)
			if !verbose {
				t.printf("\n%s\n", t.paint(dim, "simrun list -v also lists the knobs of each protocol."))
			}
			return t.failed()
		},
	}
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "with the knobs of each protocol")
	return c
}

// An entry is a name and what is to be said about it, and what stands below in a lighter colour.
type entry struct {
	name, doc string
	below     []entry
}

// ownScenarios are those that are not told, with the knobs of their protocols if that is wanted.
func ownScenarios(verbose bool) (all []entry) {
	for _, s := range scenarios.All() {
		if s.Story != nil {
			continue
		}
		e := entry{name: s.Name, doc: s.Doc}
		for _, k := range s.Knobs {
			if verbose {
				e.below = append(e.below, entry{name: k.Name, doc: k.Doc})
			}
		}
		all = append(all, e)
	}
	return all
}

// stories are the scenarios that are told: seed 0 of each is the story, all others vary it.
func stories(verbose bool) (all []entry) {
	for _, s := range scenarios.All() {
		if s.Story == nil {
			continue
		}
		e := entry{name: s.Name, doc: s.Doc}
		if verbose {
			e.below = []entry{{doc: s.Story.Look}}
		}
		all = append(all, e)
	}
	return all
}

// list prints entries in two columns, the second of which is folded, so that none runs into another.
func list(t *term, entries []entry) {
	name := widest(entries)
	for _, e := range entries {
		for i, line := range folded(e.doc, listWidth-name-4) {
			if i > 0 {
				e.name = ""
			}
			t.printf("  %-*s  %s\n", name, e.name, line)
		}
		under := widest(e.below)
		for _, b := range e.below {
			for i, line := range folded(b.doc, listWidth-name-under-8) {
				if i > 0 {
					b.name = ""
				}
				label := ""
				if under > 0 {
					label = fmt.Sprintf("%-*s  ", under, b.name)
				}
				t.printf("  %-*s    %s%s\n", name, "", label, t.paint(dim, line))
			}
		}
	}
}

// listWidth is how wide a list is at most, in columns.
const listWidth = 130

func widest(entries []entry) (width int) {
	for _, e := range entries {
		width = max(width, len(e.name))
	}
	return width
}

// folded breaks a text into lines of at most that width. A longer word has a line of its own.
func folded(text string, width int) []string {
	lines := []string{""}
	for _, word := range strings.Fields(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case len(*last)+1+len(word) > width:
			lines = append(lines, word)
		default:
			*last += " " + word
		}
	}
	return lines
}
