// Package report draws a run as one web page that needs nothing beside itself: no network, no server, no other file. It can be mailed,
// attached to a ticket, and opened years later.
//
// The page is the files in page/, joined. Write puts the run into it as data (see encode.go); everything that a reader sees is drawn by
// the page's own script, in this order:
//
//	data.js      reads the run back and finds both ends of every message
//	spans.js     what lasts: being down, leading, holding a lease, faults, operations
//	view.js      which part of simulated time is in view, and where on the screen a moment is
//	theme.js     colours, light and dark
//	draw.js      the diagram: lanes, messages, marks; density instead of arrows when there would be too many
//	strips.js    the overview above the diagram and the figures below it
//	filter.js    what is shown
//	select.js    the record that is looked at, and the panel that tells about it
//	input.js     mouse, fingers and keys
//	page.js      verdict, story, tables; starts it all
//
// Nothing is drawn that is not in view, and a frame costs a pass over the records at most, so that a run of hundreds of
// thousands of records can still be opened.
package report

import (
	"bytes"
	"embed"
	"fmt"
	"html"
	"io"
	"strings"

	"simrun/scenarios/timeline"
)

//go:embed page
var page embed.FS

// scripts are the parts of the page's script, in the order in which they are joined.
var scripts = []string{
	"data.js", "spans.js", "view.js", "theme.js", "draw.js", "strips.js", "filter.js", "select.js", "input.js", "page.js",
}

// Write writes the page for a run. The same run gives the same bytes. It fails only if w does.
func Write(w io.Writer, t *timeline.Timeline) error {
	data, err := encode(t)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	var script strings.Builder
	for _, name := range scripts {
		script.WriteString(part(name))
	}
	fill := strings.NewReplacer( // it does not look for places in what it has filled in
		"{{title}}", html.EscapeString(title(t)),
		"{{style}}", part("report.css"),
		"{{data}}", string(data),
		"{{script}}", script.String(),
	)
	if _, err := fill.WriteString(w, part("page.html")); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// Is tells whether a text is a page that Write wrote, by how it begins.
func Is(text []byte) bool {
	head, _, _ := strings.Cut(part("page.html"), "{{title}}")
	return bytes.HasPrefix(text, []byte(head))
}

func title(t *timeline.Timeline) string {
	return fmt.Sprintf("%s seed %d: %s", t.Scenario, t.Seed, t.Verdict)
}

// part returns a file of the page.
func part(name string) string {
	text, err := page.ReadFile("page/" + name)
	if err != nil {
		panic(err) // it is compiled in
	}
	return string(text)
}
