package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/build"
	"go/format"
	"go/token"
	"path/filepath"
	"slices"
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
{{- if .Story}}
	_ "simrun/scenarios/gallery" // knows the story
{{- end}}
)

// {{.Name}} runs a small case in which the check found: {{.Fingerprint}}.
func {{.Name}}(t *testing.T) {
	const artifact = {{.Artifact}}
	a, s, err := scenarios.ParseArtifact([]byte(artifact))
	if err != nil {
		t.Fatal(err)
{{- if .Own}} // is the scenario unknown? An init or TestMain beside this test hands it to simtest.Know
{{- end}}
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
	s, err := scenarios.Find(a.Scenario)
	if err != nil {
		return err
	}
	own := slices.ContainsFunc(meant, func(m scenarios.Scenario) bool { return m.Name == s.Name })
	if err := testText.Execute(&b, map[string]any{
		"Own": own, "Story": s.Story != nil && !own, "Package": pkg, "Name": testName(a), "Fingerprint": oneLine(a.Fingerprint), "Artifact": literal,
	}); err != nil {
		return err
	}
	source, err := format.Source(b.Bytes())
	if err != nil {
		return err
	}
	return scenarios.WriteFile(file, source)
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

// packageOf returns the package of a test in a folder: beside the one that "go build" finds there, or main_test where there is none.
func packageOf(dir string) string {
	p, _ := build.ImportDir(dir, 0) // its error tells that there is no package, or a second one
	if p == nil || p.Name == "" {
		return "main_test"
	}
	return p.Name + "_test"
}

func isIdentifier(s string) bool { return token.IsIdentifier(s) }

// testLine is what runs a test, from the folder that this is.
func testLine(file, name string) string {
	there, err1 := filepath.Abs(filepath.Dir(file))
	here, err2 := filepath.Abs(".")
	if err1 != nil || err2 != nil {
		return fmt.Sprintf("go test -C %s -run %s .", shellWord(filepath.Dir(file)), name)
	}
	folder, err := filepath.Rel(here, there)
	switch root := moduleRoot(there); {
	case root == "":
		return fmt.Sprintf("%s is in no module: in a folder of one that has simrun, go test -run %s", file, name)
	case root != moduleRoot(here) || err != nil:
		return fmt.Sprintf("go test -C %s -run %s .", shellWord(filepath.Dir(file)), name)
	}
	if folder = filepath.ToSlash(folder); folder != "." && !strings.HasPrefix(folder, "../") && folder != ".." {
		folder = "./" + folder
	}
	return fmt.Sprintf("go test -run %s %s", name, shellWord(folder))
}

// moduleRoot returns the folder with the go.mod that a folder is under; nothing if there is none.
func moduleRoot(dir string) string {
	for {
		if exists(filepath.Join(dir, "go.mod")) {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			return ""
		}
		dir = above
	}
}
