package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// term is where a command writes: results on out, progress and complaints on err.
type term struct {
	out, err   io.Writer
	colour     bool // on out
	live       bool // err is a terminal: progress is one line, written over and over
	writeError error
}

// errOutput tells that results could not be written.
var errOutput = errors.New("output closed")

func newTerm(out, err *os.File) *term {
	return &term{out: out, err: err, colour: isTerminal(out) && os.Getenv("NO_COLOR") == "", live: isTerminal(err)}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb" && os.Getenv("TERM") != ""
}

// printf writes a result. After an error nothing more is written.
func (t *term) printf(format string, args ...any) {
	if t.writeError == nil {
		_, t.writeError = fmt.Fprintf(t.out, format, args...)
	}
}

// failed returns errOutput if a result could not be written.
func (t *term) failed() error {
	if t.writeError != nil {
		return errOutput
	}
	return nil
}

// Colours, by what they are for.
const (
	bad  = "31;1"
	good = "32"
	dim  = "2"
	head = "1"
)

func (t *term) paint(colour, text string) string {
	if !t.colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// oneLine makes one line of a message.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
