package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"simrun/checker"
	"simrun/checker/format"
	"simrun/checker/models"
)

// checkFlags are what "simrun check" was asked for.
type checkFlags struct {
	model, format, html string
	json                bool
	budget              uint64
}

func checkCommand(t *term, status *int) *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check {FILE | -}",
		Short: "tell whether a recorded history is linearizable",
		Long: "Check reads a history that some system's clients recorded, from a file or stdin, and tells whether it is linearizable: whether some order of its\n" +
			"operations, which respects real time, is one that a single copy could have executed.\n\nModels:\n" + modelList() +
			"\nFormats: json (an event a line), edn (Jepsen's history.edn), log (Jepsen's log).\n" +
			"docs/histories.md has an example of each model. Histories that simrun wrote (history.jsonl, export --history) name theirs.\n" +
			"Exit status: 0 linearizable, 1 not, 3 undecided within the budget, 2 bad input, 130 interrupted.",
		RunE: func(c *cobra.Command, args []string) error {
			p, err := f.parse(args)
			if err != nil {
				return err
			}
			s, err := p.run(c.Context(), t)
			*status = s
			return err
		},
	}
	fs := c.Flags()
	fs.StringVar(&f.model, "model", "", "what the history is one of; guessed, if its operations tell")
	fs.StringVar(&f.format, "format", string(format.Auto), "how it is written: auto, json, edn or log")
	fs.StringVar(&f.html, "html", "", "write a picture of what is wrong to this file")
	fs.BoolVar(&f.json, "json", false, "write the result as a JSON object")
	fs.Uint64Var(&f.budget, "budget", checker.DefaultBudget, "how many configurations a search may visit, of about 50 bytes")
	_ = c.RegisterFlagCompletionFunc("model", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var names []string
		for _, m := range models.All() {
			names = append(names, m.Name+"\t"+m.Doc)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
	return c
}

// modelList lists the models for help, folded at the width of the rest.
func modelList() string {
	var s strings.Builder
	for _, m := range models.All() {
		line := fmt.Sprintf("  %-9s", m.Name)
		for _, word := range strings.Fields(m.Doc) {
			if len(line)+len(word) > 130 {
				s.WriteString(line + "\n")
				line = fmt.Sprintf("  %-9s", "")
			}
			line += " " + word
		}
		s.WriteString(line + "\n")
	}
	return s.String()
}

// checking is a history to be checked.
type checking struct {
	checkFlags
	file string
	name string // for people
}

func (f checkFlags) parse(args []string) (*checking, error) {
	p := &checking{checkFlags: f}
	switch {
	case len(args) == 0:
		return nil, errors.New("check needs a file with a history, or - for stdin")
	case len(args) > 1:
		return nil, fmt.Errorf("check takes one file, and there are %d", len(args))
	case f.budget == 0:
		return nil, errors.New("--budget is 0, and must be at least 1")
	}
	p.file, p.name = args[0], args[0]
	if p.file == "-" {
		p.name = "stdin"
	}
	if f.model != "" {
		if _, err := models.Find(f.model); err != nil {
			return nil, err
		}
	}
	if _, err := format.Parse(f.format); err != nil {
		return nil, err
	}
	return p, checkOutputs(args, output{"--html", f.html})
}

// checked is what came of a check.
type checked struct {
	recording *format.Recording
	model     models.Model
	result    checker.Result
	err       error
}

// run checks, and prints the result. While it takes long, it says on stderr what it is at.
func (p *checking) run(ctx context.Context, t *term) (int, error) {
	picture, err := p.picture()
	if err != nil {
		return exitUsage, err
	}
	if picture != nil {
		defer picture.Close()
	}
	began := time.Now()
	done := make(chan checked, 1)
	stage := make(chan string, 4)
	go func() { done <- p.check(ctx, stage) }()
	every := time.NewTicker(3 * time.Second)
	defer every.Stop()
	at := "reading"
	for {
		select {
		case at = <-stage:
		case <-every.C:
			fmt.Fprintf(t.err, "%s: %s, %v so far\n", p.name, at, time.Since(began).Round(time.Second))
		case <-ctx.Done():
			fmt.Fprintf(t.err, "simrun: %s: interrupted while %s\n", p.name, at)
			return exitInterrupted, nil
		case c := <-done:
			if c.err != nil {
				if ctx.Err() != nil {
					continue // the next round says so
				}
				return exitUsage, fmt.Errorf("%s: %w", p.name, c.err)
			}
			fmt.Fprintf(t.err, "%s: time %v\n", p.name, time.Since(began).Round(time.Microsecond))
			if picture != nil {
				if err := draw(picture, &c); err != nil {
					return exitUsage, fmt.Errorf("--html %s: %w", p.html, err)
				}
			}
			if p.json {
				p.printJSON(t, &c)
			} else {
				p.print(t, &c)
			}
			return statusOf(c.result.Verdict()), t.failed()
		}
	}
}

// picture opens the file for the picture, so that a bad name is refused before time is spent.
func (p *checking) picture() (*os.File, error) {
	if p.html == "" {
		return nil, nil
	}
	f, err := os.OpenFile(p.html, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("--html %s: nothing can be written there: %w", p.html, reason(err))
	}
	return f, nil
}

// draw writes porcupine's picture.
func draw(f *os.File, c *checked) error {
	if err := f.Truncate(0); err != nil && !errors.Is(err, os.ErrInvalid) && f.Name() != os.DevNull {
		return reason(err)
	}
	if err := checker.WriteVisualization(f, c.result, c.model.Model); err != nil {
		return err
	}
	return f.Close()
}

// reason strips an error of what is said elsewhere.
func reason(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// check reads and decides.
func (p *checking) check(ctx context.Context, stage chan<- string) (c checked) {
	in := io.Reader(os.Stdin)
	if p.file != "-" {
		f, err := os.Open(p.file)
		if err != nil {
			c.err = reason(err)
			return c
		}
		defer f.Close()
		in = f
	}
	c.recording, c.err = format.Read(ctx, in, format.Options{Format: format.Format(p.format), Model: p.checkFlags.model})
	if c.err != nil {
		c.err = reason(c.err)
		return c
	}
	h := &c.recording.History
	if name := c.recording.Model; name != "" {
		c.model, c.err = models.Find(name)
	} else if c.model, c.err = models.Guess(h, c.recording.Keyed); c.err != nil {
		c.err = fmt.Errorf("%w (--model)", c.err)
	}
	if c.err != nil {
		return c
	}
	if i, err := c.model.Refuses(h); err != nil {
		c.err = fmt.Errorf("line %d: %w", c.recording.Lines[i], err)
		return c
	}
	stage <- fmt.Sprintf("checking %s operations", thousands(uint64(len(h.Ops))))
	var x checker.Checker
	c.result = x.Check(h, c.model.For(h), checker.Options{Budget: p.budget})
	return c
}

var answers = map[checker.Answer]string{
	checker.Linearizable: "linearizable", checker.NotLinearizable: "not linearizable", checker.NotDecided: "undecided",
	checker.LogDisagrees: "linearizable, but not in the order of its log", checker.CheckersDisagree: "the checkers disagree",
}

// outcomes counts operations.
func outcomes(h *checker.History) (ok, failed, unknown int) {
	for i := range h.Ops {
		switch h.Ops[i].Outcome {
		case checker.OK:
			ok++
		case checker.Fail:
			failed++
		default:
			unknown++
		}
	}
	return ok, failed, unknown
}

func (p *checking) print(t *term, c *checked) {
	h, r := &c.recording.History, &c.result
	colour := good
	if r.Answer != checker.Linearizable {
		colour = bad
	}
	t.printf("%s: %s\n", p.name, t.paint(colour, answers[r.Answer]))
	ok, failed, unknown := outcomes(h)
	t.printf("  model        %s, read as %s\n", c.model.Name, c.recording.Format)
	t.printf("  operations   %s: %s ok, %s failed, %s unknown\n", thousands(uint64(len(h.Ops))), thousands(uint64(ok)), thousands(uint64(failed)), thousands(uint64(unknown)))
	t.printf("  decided by   %s, %s configurations\n", r.Method, thousands(r.Configurations))
	if r.Reason != "" {
		t.printf("  reason       %s\n", r.Reason)
	}
	if len(r.Witness) == 0 {
		return
	}
	which := fmt.Sprintf("these %d operations", len(r.Witness))
	if len(r.Witness) == 1 {
		which = "this operation"
	}
	t.printf("  %s\n", t.paint(head, "no order explains "+which))
	for i := range r.Witness {
		text, whole := c.describe(&r.Witness[i])
		t.printf("    line %-6d %s\n", c.line(&r.Witness[i]), text)
		if whole != "" {
			t.printf("                of %s\n", whole)
		}
	}
	for _, k := range c.keys() {
		t.printf("    k%d is %q\n", k, c.recording.Keys[k])
	}
}

// describe writes an operation of the witness, and the operation of the history that it stands for, if that says more.
func (c *checked) describe(o *checker.Op) (text, whole string) {
	h := &c.recording.History
	text = c.result.Shown().Describe(o)
	if whole = h.Describe(&h.Ops[c.place(o)]); whole == text {
		whole = ""
	}
	return text, whole
}

// line returns the line in which an operation of the witness was invoked, by its call.
func (c *checked) line(o *checker.Op) uint32 { return c.recording.Lines[c.place(o)] }

// place returns the index in the history of an operation of the witness, by its call.
func (c *checked) place(o *checker.Op) int {
	ops := c.recording.History.Ops
	i := sort.Search(len(ops), func(i int) bool { return ops[i].Call >= o.Call })
	return min(i, len(ops)-1)
}

// keys returns the keys of the witness that have names.
func (c *checked) keys() (keys []uint32) {
	seen := map[uint32]bool{}
	for i := range c.result.Witness {
		if k := c.result.Witness[i].Key; !seen[k] && int(k) < len(c.recording.Keys) {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	return keys
}

func (p *checking) printJSON(t *term, c *checked) {
	h := &c.recording.History
	type operation struct {
		Line  uint32 `json:"line"`
		Text  string `json:"text"`
		Whole string `json:"whole,omitempty"`
	}
	ok, failed, unknown := outcomes(h)
	out := struct {
		File           string        `json:"file"`
		Answer         string        `json:"answer"`
		Verdict        string        `json:"verdict"`
		Model          string        `json:"model"`
		Format         format.Format `json:"format"`
		Operations     int           `json:"operations"`
		OK             int           `json:"ok"`
		Failed         int           `json:"failed"`
		Unknown        int           `json:"unknown"`
		Method         string        `json:"method"`
		Configurations uint64        `json:"configurations"`
		Reason         string        `json:"reason,omitempty"`
		Witness        []operation   `json:"witness,omitempty"`
	}{
		p.name, answers[c.result.Answer], c.result.Verdict().Kind.String(), c.model.Name, c.recording.Format,
		len(h.Ops), ok, failed, unknown, c.result.Method, c.result.Configurations, c.result.Reason, nil,
	}
	for i := range c.result.Witness {
		text, whole := c.describe(&c.result.Witness[i])
		out.Witness = append(out.Witness, operation{c.line(&c.result.Witness[i]), text, whole})
	}
	text, err := json.Marshal(out)
	if err != nil {
		panic("simrun: a result cannot be written as JSON: " + err.Error())
	}
	t.printf("%s\n", text)
}
