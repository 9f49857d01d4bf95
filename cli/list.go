package cli

import (
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
			for _, s := range scenarios.All() {
				if s.Story != nil {
					continue
				}
				t.printf("  %-14s %s\n", s.Name, s.Doc)
				if verbose {
					for _, k := range s.Knobs {
						t.printf("  %-14s   %-13s %s\n", "", k.Name, t.paint(dim, k.Doc))
					}
				}
			}
			listStories(t, verbose)
			t.printf("\n%s\n", t.paint(head, "Profiles"))
			for _, p := range faults.Profiles() {
				t.printf("  %-14s %s\n", p.Name, p.Doc)
			}
			t.printf("  %-14s %s\n", "NAME,no-FAMILY", "any of them, less a family of faults: "+strings.Join(families(), ", "))
			t.printf("\n%s\n", t.paint(head, "Faults"))
			for k := faults.Kind(1); k < faults.NumKinds; k++ {
				t.printf("  %-14s %s\n", k, k.Doc())
			}
			if !verbose {
				t.printf("\n%s\n", t.paint(dim, "simrun list -v also lists the knobs of each protocol."))
			}
			return t.failed()
		},
	}
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "with the knobs of each protocol")
	return c
}

// listStories lists the scenarios that are told: seed 0 of each is the story, all others vary it.
func listStories(t *term, verbose bool) {
	t.printf("\n%s\n", t.paint(head, "Stories: simrun replay --scenario NAME --seed 0 tells one, simrun run NAME varies it"))
	for _, s := range scenarios.All() {
		if s.Story == nil {
			continue
		}
		t.printf("  %-26s %s\n", s.Name, s.Doc)
		if verbose {
			t.printf("  %-26s   %s\n", "", t.paint(dim, s.Story.Look))
		}
	}
}
