package mutants

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Apply returns the contents of the files that the mutant changes, by path. It fails if a hunk's context is not in the file
// exactly as the diff has it, or is there several times and not where the diff says.
func (m Mutant) Apply(tree fs.FS) (map[string][]byte, error) {
	changed := make(map[string][]byte, len(m.Files))
	for _, p := range m.Files {
		text, err := fs.ReadFile(tree, p.Path)
		if err != nil {
			return nil, fmt.Errorf("%s.diff does not apply: %w", m.Name, err)
		}
		lines := split(text)
		shift := 0 // by the hunks before
		for _, h := range p.Hunks {
			old := h.side('-')
			at, err := find(lines, old, h.Line-1+shift)
			if err != nil {
				return nil, fmt.Errorf("%s.diff does not apply: %s: the hunk of line %d: %w", m.Name, p.Path, h.Line, err)
			}
			lines = slices.Replace(lines, at, at+len(old), h.side('+')...)
			shift += len(h.side('+')) - len(old)
		}
		changed[p.Path] = join(lines)
	}
	return changed, nil
}

// find returns where the wanted lines are: at the place given, or at the only other one.
func find(lines, wanted []string, at int) (int, error) {
	places := all(lines, wanted)
	switch {
	case slices.Contains(places, at):
		return at, nil
	case len(places) == 1:
		return places[0], nil
	case len(places) == 0:
		return 0, fmt.Errorf("its context is not there")
	}
	return 0, fmt.Errorf("its context is there %d times, and not at that line", len(places))
}

// all returns all places where the wanted lines are.
func all(lines, wanted []string) (places []int) {
	if len(wanted) == 0 {
		return nil
	}
	for at := 0; at+len(wanted) <= len(lines); at++ {
		if slices.Equal(lines[at:at+len(wanted)], wanted) {
			places = append(places, at)
		}
	}
	return places
}

// Refresh returns the mutant with its hunks moved to where they belong in the sources as they are: to the right line if their
// context is still there, and otherwise to where the lines between the context are, if that is one place only, with the
// context that is there now. It fails if a hunk has no such place: then a person must look.
func (m Mutant) Refresh(tree fs.FS) (Mutant, error) {
	fresh := m
	fresh.Files = nil
	for _, p := range m.Files {
		text, err := fs.ReadFile(tree, p.Path)
		if err != nil {
			return m, fmt.Errorf("%s.diff: %w", m.Name, err)
		}
		lines := split(text)
		moved := Patch{Path: p.Path}
		for _, h := range p.Hunks {
			n, ok := h.refresh(lines)
			if !ok {
				return m, fmt.Errorf("%s.diff: %s: the hunk of line %d has no place any more, or several: make it anew", m.Name, p.Path, h.Line)
			}
			moved.Hunks = append(moved.Hunks, n)
		}
		fresh.Files = append(fresh.Files, moved)
	}
	return fresh, nil
}

func (h Hunk) refresh(lines []string) (Hunk, bool) {
	if at, err := find(lines, h.side('-'), h.Line-1); err == nil {
		return Hunk{at + 1, h.Lines}, true
	}
	first, last := 0, len(h.Lines) // of what changes, without the context around it
	for first < last && h.Lines[first].Op == ' ' {
		first++
	}
	for last > first && h.Lines[last-1].Op == ' ' {
		last--
	}
	core := Hunk{Lines: h.Lines[first:last]}
	old := core.side('-')
	places := all(lines, old)
	if len(places) != 1 {
		return h, false
	}
	from := max(places[0]-first, 0)
	to := min(places[0]+len(old)+len(h.Lines)-last, len(lines))
	n := Hunk{Line: from + 1}
	context := func(from, to int) {
		for _, text := range lines[from:to] {
			n.Lines = append(n.Lines, Line{' ', text})
		}
	}
	context(from, places[0])
	n.Lines = append(n.Lines, core.Lines...)
	context(places[0]+len(old), to)
	return n, true
}

func split(text []byte) []string { return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") }

func join(lines []string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }
