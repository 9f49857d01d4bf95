package simtest

import (
	"testing"

	"simrun/scenarios"
	"simrun/scenarios/regress"
)

// Regress runs a corpus: artifacts, and seeds with what must come of them. See package regress. The scenarios
// are registered if they are not yet. Every case that changed fails a subtest of its name. What the command "regress --dir DIR --accept" writes is what this test demands.
func Regress(t *testing.T, dir string, of ...scenarios.Scenario) {
	t.Helper()
	for _, s := range of {
		Know(s)
	}
	suite, err := regress.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(suite.Cases) == 0 {
		t.Fatalf("%s has nothing to run", dir)
	}
	changed := 0
	err = suite.Run(t.Context(), func(*regress.Case) {}, func(c regress.Change) {
		if c.New() {
			return
		}
		changed++
		t.Run(c.Case.Name, func(t *testing.T) { t.Error(c) })
	})
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d cases, %d changed", len(suite.Cases), changed)
	if changed > 0 {
		t.Logf("if that is wanted: the command's \"regress --dir %s --accept\", from this folder, and a look at the difference", dir)
	}
}
