package cli

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"strings"

	"simrun/checker"
	"simrun/scenarios"
)

// ciFlags say in which ways results are written for the machines that build and test.
type ciFlags struct {
	junit  string
	github bool
}

// check refuses what cannot be written, or is read, before any time is spent.
func (f *ciFlags) check(read []string, json bool) error {
	if f.github && json {
		return errors.New("--github and --json both write to stdout: give one of them (simrun merge --github reads what --json writes)")
	}
	return checkOutputs(read, output{"--junit", f.junit})
}

// write writes what was asked for about some sweeps.
func (f *ciFlags) write(t *term, reports []*report) error {
	if f.github {
		annotate(t, reports)
		if file := os.Getenv("GITHUB_STEP_SUMMARY"); file != "" {
			if err := appendTo(file, stepSummary(reports)); err != nil {
				return fmt.Errorf("the step's summary could not be written: %w", err)
			}
		}
	}
	if f.junit == "" {
		return nil
	}
	text, err := xml.MarshalIndent(junit(reports), "", "  ")
	if err != nil {
		return err
	}
	return scenarios.WriteFile(f.junit, append([]byte(xml.Header), append(text, '\n')...))
}

// The elements of JUnit's XML that everybody reads.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Skipped *struct{}     `xml:"skipped,omitempty"`
		Failure *junitFailure `xml:"failure,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// junit makes a suite of every scenario: a case for each way to fail, and one for the seeds that passed. No times are in it, so that
// it is the same on every machine.
func junit(reports []*report) junitSuites {
	var all junitSuites
	for _, r := range reports {
		s := junitSuite{Name: r.scenario.Name, Properties: []junitProperty{
			{"profile", r.plan.profile.Name}, {"runs", fmt.Sprint(r.total.Runs)}, {"operations", fmt.Sprint(r.total.Finished)}, {"sources", r.plan.build.Sources},
		}}
		for _, name := range r.names {
			f := r.failures[name]
			kind, _, _ := strings.Cut(name, ":")
			s.Cases = append(s.Cases, junitCase{Class: "simrun." + r.scenario.Name, Name: name, Failure: &junitFailure{
				Message: xmlText(fmt.Sprintf("%d of %d seeds, first %d: %s", f.count, r.total.Runs, f.first, f.detail)), Type: kind,
				Text: xmlText(r.lines(f)),
			}})
			s.Failures++
		}
		passing := junitCase{Class: "simrun." + r.scenario.Name, Name: fmt.Sprintf("%d seeds pass", r.verdicts[checker.Pass])}
		if r.verdicts[checker.Pass] == 0 {
			passing.Name, passing.Skipped = "seeds pass", &struct{}{}
			s.Skipped++
		}
		s.Cases = append(s.Cases, passing)
		s.Tests = len(s.Cases)
		all.Tests, all.Failures = all.Tests+s.Tests, all.Failures+s.Failures
		all.Suites = append(all.Suites, s)
	}
	return all
}

// xmlText takes out what XML cannot hold.
func xmlText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0xfffe || r == 0xffff {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

// lines are the lines to paste that show the first run which failed in some way again.
func (r *report) lines(f *failures) string {
	text := fmt.Sprintf("%s replay --scenario %s --seed %d --profile %s\n", again(), r.scenario.Name, f.first, r.plan.profile.Name)
	if f.artifact != "" {
		text += fmt.Sprintf("%s shrink %s\n", again(), shellWord(f.artifact))
	}
	return text
}

// annotate writes a command to GitHub's runner for each way to fail.
func annotate(t *term, reports []*report) {
	for _, r := range reports {
		for _, name := range r.names {
			f := r.failures[name]
			t.printf("::error title=%s::%s\n", githubProperty(r.scenario.Name+" seed "+fmt.Sprint(f.first)),
				githubData(fmt.Sprintf("%s (%d of %d seeds)\n%s\n%s", name, f.count, r.total.Runs, f.detail, r.lines(f))))
		}
	}
}

// githubData and githubProperty escape as the runner's own toolkit does.
func githubData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(strings.TrimSpace(s))
}

func githubProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(githubData(s))
}

// stepSummary is a page for the run of a workflow.
func stepSummary(reports []*report) string {
	var b strings.Builder
	b.WriteString("| scenario | profile | seeds | passed | outcome |\n|---|---|---:|---:|---|\n")
	for _, r := range reports {
		outcome := cmp.Or(strings.Join(r.names, "<br>"), "passed")
		if r.total.Runs == 0 {
			outcome = "not run"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.scenario.Name, r.plan.profile.Name, thousands(r.total.Runs), thousands(r.verdicts[checker.Pass]), outcome)
	}
	for _, r := range reports {
		for _, name := range r.names {
			f := r.failures[name]
			fmt.Fprintf(&b, "\n**%s seed %d: %s**, %s\n\n%s\n\n```sh\n%s```\n", r.scenario.Name, f.first, name, seeds(f.count), f.detail, r.lines(f))
		}
	}
	return b.String() + "\n"
}

func appendTo(file, text string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
