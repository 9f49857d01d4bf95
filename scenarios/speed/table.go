package speed

import (
	"fmt"
	"io"
	"strings"
)

// Table is one group of figures, ready to be read.
type Table struct {
	Name string // lower case, with dashes
	Note string // what was measured
	Head []string
	Rows [][]string
	Plot *Plot // how a cost grows; may be nil
}

// Write writes the table in Markdown.
func (t *Table) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n\n| %s |\n|%s\n", t.Name, t.Note, strings.Join(t.Head, " | "), strings.Repeat("---|", len(t.Head)))
	for _, r := range t.Rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(r, " | "))
	}
	if t.Plot != nil {
		fmt.Fprintf(&b, "\n![%s](speed-%s.svg)\n", t.Plot.Title, t.Name)
	}
	_, err := io.WriteString(w, b.String()+"\n")
	return err
}

func (t *Table) add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		switch x := c.(type) {
		case float64:
			row[i] = number(x)
		default:
			row[i] = fmt.Sprint(x)
		}
	}
	t.Rows = append(t.Rows, row)
}

// number writes three digits, with thousands apart.
func number(x float64) string {
	switch {
	case x != 0 && x < 0.01:
		return fmt.Sprintf("%.2g", x)
	case x < 10:
		return fmt.Sprintf("%.2f", x)
	case x < 100:
		return fmt.Sprintf("%.1f", x)
	}
	digits := fmt.Sprintf("%.0f", x)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
