package simtest

import (
	"flag"
	"fmt"
	"strings"
	"testing"
)

// again are the lines to paste: the seed as a test, if the run is as drawn from it, and what can be done with the artifact, if it is kept.
func again(t testing.TB, profile string, seed uint64, drawn bool, file string) string {
	test, _, _ := strings.Cut(t.Name(), "/")
	line := fmt.Sprintf("go test -run '^%s$' -v", test)
	text := ""
	if drawn {
		text = fmt.Sprintf("  SIMRUN_PROFILE=%s SIMRUN_SEEDS=%d %s\n", profile, seed, line)
	}
	if !kept() {
		return text + "  " + line + " -artifacts   # keeps the artifact, for replay and shrink\n"
	}
	return text +
		fmt.Sprintf("  SIMRUN_ARTIFACT=%s %s\n", file, line) +
		fmt.Sprintf("  go run . replay %s\n", file) +
		fmt.Sprintf("  go run . shrink %s\n", file)
}

// kept tells whether artifacts outlive the test.
func kept() bool {
	f := flag.Lookup("test.artifacts")
	return f != nil && f.Value.String() == "true"
}
