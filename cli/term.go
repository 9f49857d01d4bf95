package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"unicode"
)

// term is where a command writes: results on out, progress and complaints on err.
type term struct {
	out, err   io.Writer
	colour     bool // on out
	live       bool // err is a terminal: progress is one line, written over and over
	writeError error
	args       []string // the command line, without the program
}

// errOutput tells that nobody reads the results any more.
var errOutput = errors.New("output closed")

func newTerm(out, err *os.File) *term {
	return &term{out: out, err: err, colour: isTerminal(out) && os.Getenv("NO_COLOR") == "", live: isTerminal(err)}
}

// isTerminal takes any character device for a terminal, /dev/null included, where nobody sees the difference.
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

// failed returns errOutput if results could not be written because nobody reads them any more, and what is wrong if they could not be
// written for another reason, such as a full disk.
func (t *term) failed() error {
	switch {
	case t.writeError == nil:
		return nil
	case errors.Is(t.writeError, syscall.EPIPE), errors.Is(t.writeError, io.ErrClosedPipe):
		return errOutput
	}
	return fmt.Errorf("results could not be written: %w", t.writeError)
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
func oneLine(s string) string { return plain(strings.Join(strings.Fields(s), " ")) }

// plain writes control characters in words: what a file says must not steer the terminal.
func plain(s string) string {
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) {
			fmt.Fprintf(&b, "\\x%02x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// shellWord quotes a word for a shell, if that is needed.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./+:@%,=", r)
	}
	if s != "" && strings.TrimLeftFunc(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
