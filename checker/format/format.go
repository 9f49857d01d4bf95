package format

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"simrun/checker"
)

// Format is how a history is written down.
type Format string

// The formats.
const (
	Auto Format = "auto" // told from how the input begins
	JSON Format = "json"
	EDN  Format = "edn"
	Log  Format = "log"
)

// Parse reads a format's name.
func Parse(name string) (Format, error) {
	switch f := Format(name); f {
	case Auto, JSON, EDN, Log:
		return f, nil
	}
	return "", fmt.Errorf("there is no format %q: there are auto, json, edn, log", name)
}

// Limits bound what is read, and so the memory that it takes.
type Limits struct {
	Bytes      int64 // of the input
	Line       int   // bytes of a line, or of an event that goes over several
	Depth      int   // of lists in lists
	Operations int
	Numbers    int // in all lists and transactions together
}

// DefaultLimits are far beyond what can be decided.
var DefaultLimits = Limits{Bytes: 1 << 30, Line: 1 << 20, Depth: 16, Operations: 4_000_000, Numbers: 1 << 26}

// Options of reading.
type Options struct {
	Format Format
	// Model is the name of the model that the history is for, if it is known: some operations mean different things in different models. A
	// name in the input must be the same.
	Model  string
	Limits Limits // DefaultLimits, if it is zero
}

// Recording is a history as it was read.
type Recording struct {
	History checker.History
	Format  Format
	// Model is the name of the model that the options or the input named; "" if neither did.
	Model string
	// Keyed tells that operations named keys.
	Keyed bool
	// Keys[i] is the name of the key i, if keys are not named by numbers.
	Keys []string
	// Lines[i] is the line in which operation i was invoked, from 1.
	Lines []uint32
}

// Read reads a history. Errors name the line that is wrong; that of the context ends it early.
func Read(ctx context.Context, in io.Reader, o Options) (*Recording, error) {
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits
	}
	b := bufio.NewReaderSize(&bounded{in: in, ctx: ctx, left: o.Limits.Bytes, limit: o.Limits.Bytes}, 1<<16)
	if o.Format == Auto || o.Format == "" {
		f, err := detect(b)
		if err != nil {
			return nil, err
		}
		o.Format = f
	}
	r := newRecorder(o)
	var err error
	switch o.Format {
	case JSON:
		err = readLines(b, o.Limits.Line, r.jsonLine)
	case Log:
		err = readLines(b, o.Limits.Line, r.logLine)
	case EDN:
		err = r.readEDN(b)
	default:
		_, err = Parse(string(o.Format))
	}
	if err != nil {
		return nil, err
	}
	return r.settle()
}

// detect tells the format from the first character that is not blank. EDN's maps begin as JSON's do, and then have a keyword.
func detect(b *bufio.Reader) (Format, error) {
	head, err := b.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return "", err
	}
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	for len(head) > 0 {
		head = bytes.TrimLeft(head, " \t\r\n,")
		switch {
		case len(head) == 0:
		case head[0] == ';':
			_, head, _ = bytes.Cut(head, []byte("\n"))
			continue
		case head[0] == '[' && jsonList(head[1:]):
			return "", errors.New("line 1: it is a JSON list: write every event on a line of its own, without the brackets and commas around it")
		case head[0] == '[', head[0] == '(', head[0] == '#', head[0] == ':':
			return EDN, nil
		case head[0] == '{':
			if rest := bytes.TrimLeft(head[1:], " \t\r\n,"); len(rest) > 0 && rest[0] == ':' {
				return EDN, nil
			}
			return JSON, nil
		case bytes.HasPrefix(head, []byte("INFO")):
			return Log, nil
		default:
			return "", fmt.Errorf("line 1: it looks like none of the formats json, edn and log: say which with --format")
		}
	}
	return "", errors.New("there are no operations in it")
}

// jsonList tells whether what follows a bracket is a map of JSON, whose names are in quotes.
func jsonList(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	return len(b) > 0 && b[0] == '{' && bytes.HasPrefix(bytes.TrimLeft(b[1:], " \t\r\n"), []byte{'"'})
}

// bounded refuses more bytes than the limit, and ends with the context.
type bounded struct {
	in          io.Reader
	ctx         context.Context
	left, limit int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.in.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("it has more than %d bytes, the most that is read", b.limit)
	}
	return n, err
}

// readLines gives lines with something in them to a function, which is told the number of each.
func readLines(b *bufio.Reader, longest int, each func(number uint32, line []byte) error) error {
	var line []byte
	for number := uint32(1); ; number++ {
		line = line[:0]
		for more := true; more; {
			part, err := b.ReadSlice('\n')
			more = errors.Is(err, bufio.ErrBufferFull)
			if err != nil && !more && !errors.Is(err, io.EOF) {
				return err
			}
			if line = append(line, part...); len(line) > longest {
				return fmt.Errorf("line %d: it is longer than %d bytes, the most that is read", number, longest)
			}
			if errors.Is(err, io.EOF) && len(bytes.TrimSpace(line)) == 0 {
				return nil
			}
		}
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			if err := each(number, text); err != nil {
				return fmt.Errorf("line %d: %w", number, err)
			}
		}
	}
}
