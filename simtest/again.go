package simtest

import (
	"flag"
	"fmt"
	"strings"
	"testing"
)

// again are the lines to paste: the seed as a test, and what can be done with the artifact, if it is kept.
func again(t testing.TB, profile string, seed uint64, file string) string {
	test, _, _ := strings.Cut(t.Name(), "/")
	only := fmt.Sprintf("go test -run '^%s$'", test)
	line := fmt.Sprintf("  SIMRUN_PROFILE=%s SIMRUN_SEEDS=%d %s -v", profile, seed, only)
	if !kept() {
		return line + " -artifacts   # and keeps the artifact, for replay and shrink\n"
	}
	return line + "\n" +
		fmt.Sprintf("  SIMRUN_ARTIFACT=%s %s -v\n", file, only) +
		fmt.Sprintf("  go run . replay %s\n", file) +
		fmt.Sprintf("  go run . shrink %s\n", file)
}

// kept tells whether artifacts outlive the test.
func kept() bool {
	f := flag.Lookup("test.artifacts")
	return f != nil && f.Value.String() == "true"
}
