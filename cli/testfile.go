package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
	"unicode"

	"simrun/scenarios"
)

// testText is the Go test of an artifact. It asks for no more than what package scenarios gives to anybody.
var testText = template.Must(template.New("test").Parse(`package {{.Package}}

import (
	"testing"

	"simrun/scenarios"
)

// {{.Name}} runs a small case in which the check found: {{.Fingerprint}}.
func {{.Name}}(t *testing.T) {
	const artifact = {{.Artifact}}
	a, s, err := scenarios.ParseArtifact([]byte(artifact))
	if err != nil {
		t.Fatal(err)
	}
	if v := scenarios.Run(s.NewCluster(), a.Input).Verdict; v.Fingerprint != "" {
		t.Fatal(v)
	}
}
`))

// writeTest writes a Go test with the artifact in it.
func writeTest(file, pkg string, a scenarios.Artifact) error {
	text, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	literal := "`" + string(text) + "`"
	if bytes.ContainsAny(text, "`\r") || bytes.ContainsRune(text, '\ufeff') {
		literal = strconv.Quote(string(text))
	}
	var b bytes.Buffer
	if err := testText.Execute(&b, map[string]string{
		"Package": pkg, "Name": testName(a), "Fingerprint": oneLine(a.Fingerprint), "Artifact": literal,
	}); err != nil {
		return err
	}
	source, err := format.Source(b.Bytes())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, source, 0o644)
}

// testName makes a name of the scenario, the failure and the seed: TestSingleDecreeAgreementTwoValuesChosen8.
func testName(a scenarios.Artifact) string {
	words := strings.FieldsFunc(a.Scenario+" "+a.Fingerprint+" "+strconv.FormatUint(a.Seed, 10), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	name := "Test"
	for _, w := range words {
		name += strings.ToUpper(w[:1]) + w[1:]
	}
	return name
}

// packageOf returns the package of a test in a folder: that of the tests or of the sources that are there, or main_test.
func packageOf(dir string) string {
	files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly)
		if err == nil {
			return strings.TrimSuffix(f.Name.Name, "_test") + "_test"
		}
	}
	return "main_test"
}

func isIdentifier(s string) bool { return token.IsIdentifier(s) }

// testFolder names the folder of a test as "go test" wants it.
func testFolder(file string) string {
	dir := filepath.ToSlash(filepath.Dir(file))
	if filepath.IsAbs(dir) || strings.HasPrefix(dir, ".") {
		return dir
	}
	return fmt.Sprintf("./%s", dir)
}
